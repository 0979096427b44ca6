"""`groundwire rollout`: announce a deployment to the collector."""

import os
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from groundwire_collector.commands import moments
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import KEY_FILE
from groundwire_collector.web.api.models import moment

Named = Annotated[str | None, typer.Option()]
TIMEOUT = 30.0  # seconds


def rollout(
    service: Annotated[str, typer.Option(help="Service that is deployed.")],
    model_version: Named = None,
    prompt_version: Named = None,
    index_version: Named = None,
    adapter: Named = None,
    release: Named = None,
    evaluator_revision: Named = None,
    trained_at: Annotated[
        str | None,
        typer.Option(
            metavar=moments.METAVAR,
            help="Time up to which the model's training data knows the facts. " + moments.HELP,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar=moments.METAVAR, help=moments.HELP + " [now]"),
    ] = None,
    note: Annotated[str | None, typer.Option(help="Shown with alarms and charts.")] = None,
    url: Annotated[
        str, typer.Option(help="Base URL of the collector.", envvar="GROUNDWIRE_ENDPOINT")
    ] = "http://127.0.0.1:4318",
    data_dir: Annotated[
        Path, typer.Option(help="Data folder of a collector on this machine, for its key.")
    ] = Path("groundwire-data"),
    as_json: AsJson = False,
) -> None:
    """Announce new versions of a service: alarms name them, charts mark them.

    Half of the alarm budget waits for announced versions, so a bad one is noticed sooner. With
    --trained-at the share of turns whose sources changed since is watched (retraining due). The key
    is GROUNDWIRE_API_KEY, or that of the data folder; the scope ingest is enough.
    """
    times = {
        name: moments.moment_ns(text, option)
        for name, text, option in (("trained_at", trained_at, "--trained-at"), ("at", at, "--at"))
    }
    versions = {
        "model_version": model_version,
        "prompt_version": prompt_version,
        "index_version": index_version,
        "adapter": adapter,
        "release": release,
        "evaluator_revision": evaluator_revision,
    }
    if not any(versions.values()):
        options = ", ".join("--" + name.replace("_", "-") for name in versions)
        raise UsageError(f"which version is new? Give at least one of {options}.")
    body: dict[str, Any] = {
        "service": service,
        **versions,
        "note": note,
        **{name: None if ns is None else moment(ns).isoformat() for name, ns in times.items()},
    }
    sent = {name: value for name, value in body.items() if value is not None}
    found = _announce(url, _key(data_dir), sent)
    if wants_json(as_json):
        print_json(found)
        return
    for each in found["rollouts"]:
        typer.echo(f"announced: {each['dimension']} {each['value']} of {each['service']}")


def _announce(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """The collector's answer; raises UsageError where it refuses or is not there."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    try:
        response = httpx.post(
            f"{url.rstrip('/')}/api/v1/rollouts", json=body, headers=headers, timeout=TIMEOUT
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UsageError(f"no answer from the collector at {url}: {error!r:.200}") from error
    if response.status_code != 201:
        raise UsageError(f"the collector answers {response.status_code}: {response.text:.500}")
    found: dict[str, Any] = response.json()
    return found


def _key(data_dir: Path) -> str:
    if key := os.environ.get("GROUNDWIRE_API_KEY"):
        return key
    try:
        return (data_dir / KEY_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        raise UsageError(
            "no key: set GROUNDWIRE_API_KEY (`groundwire keys add ci --scope ingest`)"
        ) from None
