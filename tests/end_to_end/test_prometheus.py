"""The main job, watched by the real Prometheus and told by the real Alertmanager."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from groundwire_collector.catalogue import RELIANCE_OUTCOMES, Kind, committed_metrics
from groundwire_collector.rules.alerting import alerts
from groundwire_collector.rules.recording import recordings, references
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.engine import open_engine

pytestmark = pytest.mark.needs("prometheus", "alertmanager")

ROOT = Path(__file__).parents[2]
APPLICATION = Path(__file__).parent / "application.py"
OVERVIEW = ROOT / "dashboards/generated/grafana/overview.json"
KEY = "gw_end_to_end"
# Windows of seconds instead of hours and days; the rules are those we ship.
LIMITS = {
    "interval": 1,
    "reference_interval": 1,
    "current_window": 10,
    "reference_window": 120,
    "min_turns": 20,
    "drop_for": 2,
    "keep_firing_for": 2,
    "down_for": 2,
    "absence_window": 10,
    "absence_season": 30,
    "stale_for": 5,
}
SETTINGS = {"GROUNDWIRE_QUIET_SECONDS": "1", "GROUNDWIRE_BASELINE_TURNS": "100"}
GOOD = {"model_version": "ft-1", "reading": 1.0}
BAD = {"model_version": "ft-2", "reading": 0.2}
COUNTED = "|".join(m.name for m in committed_metrics() if m.kind is not Kind.GAUGE)


@dataclass
class Application:
    """The observed application, in a process of its own."""

    orders: Path
    process: subprocess.Popen[str]

    def order(self, what: dict[str, Any]) -> None:
        new = self.orders.with_suffix(".new")
        new.write_text(json.dumps(what))
        new.replace(self.orders)

    def stop(self) -> dict[str, int]:
        """What it says of its turns at its end."""
        self.process.terminate()
        out, _ = self.process.communicate(timeout=60)
        report: dict[str, int] = json.loads(out)
        return report


@contextmanager
def application(folder: Path, url: str) -> Iterator[Application]:
    orders = folder / "orders.json"
    orders.write_text(json.dumps(GOOD))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= {
        "GROUNDWIRE_ENDPOINT": url,
        "GROUNDWIRE_API_KEY": KEY,
        "GROUNDWIRE_SERVICE": "handbook",
    }
    command = [sys.executable, str(APPLICATION), str(orders)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield Application(orders, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def totals(collector: Any) -> dict[str, float]:
    """Every committed counter and bucket of `/metrics`, by its name and labels."""
    families = text_string_to_metric_families(collector.get("/metrics").text)
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in families
        for sample in family.samples
        if re.fullmatch(f"({COUNTED})_(total|bucket|count|sum)", sample.name)
    }


def sum_of_turns(found: dict[str, float]) -> float:
    return sum(v for name, v in found.items() if name.startswith("groundwire_turns_total"))


def turns_counted(collector: Any) -> float:
    return sum_of_turns(totals(collector))


def test_a_rollout_is_told_resolved_and_survives_kill_9(
    watched: Callable[..., Any], wait_for: Callable[..., Any], tmp_path: Path
) -> None:
    watch = watched(SETTINGS, LIMITS)
    collector, prometheus, inbox = watch.collector, watch.prometheus, watch.inbox
    with application(tmp_path, collector.url) as app:
        # While the model reads its context, all is silent.
        expected = "groundwire:faithfulness:reference"
        wait_for(lambda: prometheus.value("sum(groundwire_turns_total)") > 150, "turns")
        wait_for(lambda: prometheus.query(expected), "the reference")
        assert prometheus.value(expected) > 0.95
        assert inbox.notifications == []

        # A new version that recites is told, by name, with a link that opens its worst turns.
        app.order(BAD)
        name = "GroundwireFaithfulnessDrop"
        [alert, *_] = wait_for(lambda: inbox.alerts("firing", name), "the alert")
        assert alert["labels"]["model_version"] == "ft-2"
        assert alert["labels"]["service"] == "handbook"
        link = alert["annotations"]["turns_url"]
        page = collector.get(link.removeprefix(collector.url)).text
        assert "ft-2" in page
        assert "ft-1" not in page
        assert re.search(r'<mark class="(unsupported|contradicted)">', page)

        # Each dot of a panel is a turn.
        found = prometheus.exemplars("groundwire_faithfulness_bucket")
        trace_ids = {exemplar["labels"]["trace_id"] for exemplar in found}
        assert trace_ids
        assert {collector.get(f"/traces/{t}").status_code for t in trace_ids} == {303}

        # Every expression that we ship says something.
        missing = set(shipped_expressions(watch.limits))
        for _ in range(40):
            measure_reliance(tmp_path)
            missing = {expression for expression in missing if not prometheus.query(expression)}
            if not missing:
                break
            time.sleep(0.5)
        assert missing == set()

        # After the roll-back it is over.
        app.order(GOOD)
        wait_for(lambda: inbox.alerts("resolved", name), "the end of the alert")

        # Killed and started again: no counter is lower than before.
        before = totals(collector)
        collector.stop(signal.SIGKILL)
        collector.start()
        after = totals(collector)
        assert {key: value for key, value in before.items() if after.get(key, -1) < value} == {}
        wait_for(lambda: turns_counted(collector) > sum_of_turns(after) + 50, "further turns")

        # Every turn is counted, and none twice.
        report = app.stop()
        assert report["dropped"] == report["failed"] == 0
        wait_for(lambda: turns_counted(collector) >= report["turns"], "the last turns")
        assert turns_counted(collector) == report["turns"]
        assert [name for name in counted_names() if prometheus.value(resets_of(name))] == []
        promtool_check(collector.get("/metrics").content)

    # No collector is no health.
    inbox.notifications.clear()
    collector.stop()
    wait_for(lambda: inbox.alerts("firing", "GroundwireCollectorDown"), "the alert of absence")


def counted_names() -> list[str]:
    suffixes = {Kind.COUNTER: ("_total",), Kind.HISTOGRAM: ("_bucket", "_count", "_sum")}
    return [m.name + suffix for m in committed_metrics() for suffix in suffixes.get(m.kind, ())]


def resets_of(name: str) -> str:
    return f"sum(resets({name}[5m]))"


def measure_reliance(folder: Path) -> None:
    """What shadow calls and canaries would count, by the verb that they count with."""
    increments = Increments()
    for outcome, number in (("context", 8), ("parametric", 2), ("neither", 1)):
        labels = {"service": "handbook", "source": "shadow", "outcome": outcome}
        increments.count(RELIANCE_OUTCOMES, labels, number)
    engine = open_engine(Settings(data_dir=folder))
    with engine.begin() as connection:
        counters.add(connection, increments, time.time_ns())
    engine.dispose()


def shipped_expressions(limits: Any) -> list[str]:
    """Recorded series, panels, annotations, and whatever the alerts look at."""
    recorded = (*recordings(limits), *references(limits))
    selectors = [
        selector
        for alert in alerts(limits)
        for selector in re.findall(r"(?:groundwire[_:][a-z_:]+|up)(?:{[^}]*})?", alert.expression)
    ]
    return [
        *(recording.expression for recording in recorded),
        *(recording.name for recording in recorded),
        *selectors,
        *map(without_variables, expressions(json.loads(OVERVIEW.read_text("utf-8")))),
    ]


def without_variables(expression: str) -> str:
    values = {"$service": ".*", "$model_version": ".*", "$evaluator": "grounding"}
    for name, value in {**values, "$__rate_interval": "10s"}.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    return expression


def expressions(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [found for value in node.values() for found in expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in expressions(value)]
    return []


def promtool_check(page: bytes) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
