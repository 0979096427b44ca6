"""Prometheus over simulated samples and what the shipped rules record."""

import json
import math
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from dashboards.drawing.timeline import Timeline
from groundwire_collector.alerting.promql import RecordingRule
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.alerting.rules.settings import RuleSettings

RULE_STEP = 60  # seconds between evaluations of a rule
NAME = re.compile(r"[a-z_]+:groundwire_[a-z_]+:[a-z_0-9]+")


class TimeSpan(NamedTuple):
    """A stretch of time, in seconds since the epoch."""

    start: int
    end: int


@dataclass(frozen=True)
class Tsdb:
    """A folder of Prometheus blocks. Needs `prometheus` and `promtool` on the path."""

    folder: Path
    settings: RuleSettings = field(default_factory=lambda: RuleSettings.load(None))

    def store(self, timeline: Timeline) -> None:
        """Write samples as blocks; raises CalledProcessError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not timeline:
            return
        text = self.folder.with_suffix(".txt")
        timeline.write(text)
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
        subprocess.run([*command, text, self.folder], check=True, capture_output=True)
        text.unlink()

    @contextmanager
    def served(self) -> Iterator["PrometheusServer"]:
        """Run Prometheus over the blocks."""
        configuration = self.folder.with_suffix(".yml")
        configuration.write_text("{}")
        address = f"127.0.0.1:{_free_port()}"
        command = ["prometheus", f"--config.file={configuration}"]
        command += [f"--web.listen-address={address}", f"--storage.tsdb.path={self.folder}"]
        command += ["--storage.tsdb.retention.time=100y", "--log.level=error"]
        process = subprocess.Popen(command)
        try:
            with httpx.Client(base_url=f"http://{address}", timeout=60) as client:
                _wait(client)
                yield PrometheusServer(client)
        finally:
            process.terminate()
            process.wait(20)

    def record(self, spans: Sequence[TimeSpan]) -> None:
        """Evaluate the shipped rules over each span and store the results.

        A rule is evaluated once those whose series it reads are stored; Prometheus reads new
        blocks at its next start.
        """
        rules = [*recordings(self.settings), *references(self.settings)]
        for level in in_order(rules):
            recorded = Timeline()
            with self.served() as server:
                for rule in level:
                    for span in spans:
                        _evaluate(server, rule, span, recorded)
            self.store(recorded)
        firing = Timeline()
        with self.served() as server:
            for span in spans:
                self._fire(server, span, firing)
        self.store(firing)

    def _fire(self, server: "PrometheusServer", span: TimeSpan, firing: Timeline) -> None:
        for alert in alerts(self.settings):
            for series in server.range(alert.expression, span, RULE_STEP):
                labels = {k: v for k, v in series["metric"].items() if k != "__name__"}
                labels |= {"alertname": alert.name, "severity": alert.severity.value}
                since = previous = -math.inf
                for moment, _ in series["values"]:
                    since = since if moment - previous <= RULE_STEP else moment
                    previous = moment
                    if moment - since >= alert.for_seconds:
                        firing.add("ALERTS", {**labels, "alertstate": "firing"}, moment, 1)
                        firing.add("ALERTS_FOR_STATE", labels, moment, since)


@dataclass(frozen=True)
class PrometheusServer:
    """Queries to a Prometheus."""

    client: httpx.Client

    def range(self, query: str, span: TimeSpan, step: int) -> list[dict[str, Any]]:
        """Answer to a range query; raises ValueError with Prometheus's message."""
        parameters = {"query": query, "start": span.start, "end": span.end, "step": step}
        return sorted(self._ask("query_range", parameters), key=_labels)

    def instant(self, query: str, moment: int) -> list[dict[str, Any]]:
        """Answer to an instant query, in its order.

        Raises ValueError with Prometheus's message.
        """
        return self._ask("query", {"query": query, "time": moment})

    def values(self, selector: str, label: str, span: TimeSpan) -> list[str]:
        """Values of a label among the series of a selector, sorted."""
        parameters = {"match[]": selector, "start": span.start, "end": span.end}
        answer = self.client.get("/api/v1/series", params=parameters).json()
        return sorted({series[label] for series in answer["data"] if label in series})

    def _ask(self, endpoint: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        answer = self.client.post(f"/api/v1/{endpoint}", data=dict(parameters)).json()
        if answer["status"] != "success":
            raise ValueError(f"{answer['error']}: {parameters['query']}")
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


def _labels(series: Mapping[str, Any]) -> str:
    return json.dumps(series["metric"], sort_keys=True)


def in_order(rules: Sequence[RecordingRule]) -> Iterator[list[RecordingRule]]:
    """Rules in levels: each reads only series that earlier levels record.

    Several rules may record one name, and read what those before them record under it.
    """
    reads = [set(NAME.findall(rule.expression)) for rule in rules]
    waiting = set(range(len(rules)))

    def ready(at: int) -> bool:
        return not any(
            rules[other].name in reads[at] and (rules[other].name != rules[at].name or other < at)
            for other in waiting - {at}
        )

    while waiting:
        level = {at for at in waiting if ready(at)} or set(waiting)
        waiting -= level
        yield [rules[at] for at in sorted(level)]


def _evaluate(
    server: PrometheusServer, rule: RecordingRule, span: TimeSpan, recorded: Timeline
) -> None:
    for series in server.range(rule.expression, span, RULE_STEP):
        labels = {k: v for k, v in series["metric"].items() if k != "__name__"}
        for moment, value in series["values"]:
            recorded.add(rule.name, {**labels, **rule.labels}, moment, float(value))


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if client.get("/-/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise TimeoutError("Prometheus did not become ready")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
