"""Grafana dashboards as code, with the generated files."""
