#!/bin/sh
# The secrets of the compose stack, made once: each lies in a volume that only its reader mounts. And
# the rules, made anew each time.
set -eu
umask 022

made() { # a file that is there and not empty
  test -s "$1"
}

made /secrets/grafana/password ||
  python -c 'import secrets; print(secrets.token_urlsafe(18), end="")' > /secrets/grafana/password
made /secrets/prometheus/scrape_key ||
  groundwire keys add prometheus --scope read --create > /secrets/prometheus/scrape_key
made /secrets/otel/ingest_key ||
  groundwire keys add otel-collector --scope ingest --create > /secrets/otel/ingest_key

groundwire rules --config /rules-of/limits.toml --targets /rules-of/targets.yaml --out /rules

echo "Grafana: http://127.0.0.1:3000, user admin, password $(cat /secrets/grafana/password)"
