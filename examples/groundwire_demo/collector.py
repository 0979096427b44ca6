"""Collector process (`groundwire up`) and client of its API."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from groundwire_collector.settings import KEY_FILE
from groundwire_collector.storage.keys import stored_key
from groundwire_demo.process import await_ready, ended_at_last, free_port

_START_SECONDS = 60.0
_PAGE = 500  # turns a request
# Where a collector of the user's own lives: nothing the demo may touch.
_NOT_OURS = ("DATABASE_URL", "HOST", "PORT", "GRPC_PORT", "DATA_DIR", "PATH_PREFIX")
_MAIN = "import sys; from groundwire_collector.cli import main; sys.argv[0] = 'groundwire'; main()"
NOTHING: Mapping[str, str] = {}
GROUNDWIRE = (sys.executable, "-c", _MAIN)  # the command, also where it is not on the path


@dataclass(frozen=True, slots=True)
class ReportedAlarm:
    """Alarm of `/api/v1/alarms`, as far as the demo shows it."""

    id: int
    service: str
    signal: str
    dimension: str
    value: str
    cause: str
    raised_at: datetime
    changed_at: datetime
    changed_interval: tuple[datetime, datetime]
    size: float
    size_interval: tuple[float, float]
    turns: int | None = None
    bad_turns: float | None = None

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        since, until = document["changed_interval"]
        low, high = document["size_interval"]
        return cls(
            **{name: document[name] for name in ("id", "service", "signal", "dimension", "value")},
            cause=document["cause"],
            raised_at=datetime.fromisoformat(document["raised_at"]),
            changed_at=datetime.fromisoformat(document["changed_at"]),
            changed_interval=(datetime.fromisoformat(since), datetime.fromisoformat(until)),
            size=document["size"],
            size_interval=(low, high),
            turns=document.get("turns"),
            bad_turns=document.get("bad_turns"),
        )


@dataclass(frozen=True, slots=True)
class Collector:
    """A running collector; `client` is open and authenticated."""

    url: str
    api_key: str
    data_dir: Path
    client: httpx.Client

    def alarms(self) -> list[ReportedAlarm]:
        """Every alarm on scores and probes so far, in the order in which they were raised.

        Not those on behaviour: how long this machine takes to answer is no part of the story.
        """
        listed = self._get("/api/v1/alarms")["alarms"]
        found = [ReportedAlarm.of(one) for one in listed if not _of_behaviour(one)]
        return sorted(found, key=lambda alarm: alarm.raised_at)

    def worst_turns(self, limit: int, since: datetime | None) -> list[dict[str, Any]]:
        """The turns judged worst, whole, worst first."""
        query = {"order": "worst", "limit": str(limit)}
        if since is not None:
            query["since"] = since.isoformat()
        found = self._get("/api/v1/turns", query)["turns"]
        return [self._get(f"/api/v1/turns/{turn['id']}") for turn in found]

    def turns(self) -> Iterator[dict[str, Any]]:
        """Every turn with its scores, newest first, without the texts of chunks."""
        query = {"limit": str(_PAGE)}
        while True:
            page = self._get("/api/v1/turns", query)
            yield from page["turns"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def estimates(self) -> dict[str, Any]:
        """Current closed-book and probe estimates, with intervals."""
        found: dict[str, Any] = self._get("/api/v1/estimates")
        return found

    def turns_judged(self) -> int:
        """Turns completed and judged since the collector's first start, by its own metrics."""
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        samples = (sample for family in families for sample in family.samples)
        return int(sum(s.value for s in samples if s.name == "groundwire_turns_total"))

    def _get(self, path: str, query: dict[str, str] | None = None) -> Any:
        return self.client.get(path, params=query).raise_for_status().json()


@contextmanager
def running(data_dir: Path, further: Mapping[str, str] = NOTHING) -> Iterator[Collector]:
    """A collector with its data and its key in `data_dir`, on free ports, within the block.

    `further` are settings of its environment.
    """
    port, api_key = free_port(), stored_key(data_dir / KEY_FILE)
    log = data_dir / "collector.log"
    command = [*GROUNDWIRE, "up", "--data-dir", str(data_dir)]
    command += ["--port", str(port), "--grpc-port", str(free_port())]
    with (
        log.open("wb") as output,
        ended_at_last(
            subprocess.Popen(
                command,
                env={**_environment(api_key), **further},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        await_ready(process, f"{url}/readyz", _START_SECONDS, log)
        key = {"Authorization": f"Bearer {api_key}"}
        with httpx.Client(base_url=url, headers=key, timeout=10.0) as client:
            yield Collector(url, api_key, data_dir, client)


def _environment(api_key: str) -> dict[str, str]:
    """User's environment for the collector, without data locations."""
    hidden = {f"GROUNDWIRE_{name}" for name in _NOT_OURS}
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**inherited, "GROUNDWIRE_API_KEY": api_key}


def _of_behaviour(alarm: dict[str, Any]) -> bool:
    return str(alarm["signal"]).startswith("behaviour_")
