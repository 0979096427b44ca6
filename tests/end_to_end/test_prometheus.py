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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.faithfulness import PAGING
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.metric_definitions import (
    JUDGE_CALLS,
    RELIANCE_OUTCOMES,
    MetricKind,
    committed_metrics,
)
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.engine import open_engine

pytestmark = pytest.mark.needs("prometheus", "alertmanager")

APPLICATION = Path(__file__).parent / "application.py"
KEY = "gw_end_to_end"
# Windows of seconds instead of hours and days; the rules are those we ship.
LIMITS = {
    "interval": 1,
    "reference_interval": 1,
    "current_window": 10,
    "reference_window": 20,
    "reliance_window": 10,
    "min_turns": 20,
    "burn_windows": [
        {"long": 10, "short": 5, "factor": 14.4, "severity": "page"},
        {"long": 20, "short": 5, "factor": 6, "severity": "page"},
        {"long": 40, "short": 5, "factor": 3, "severity": "ticket"},
        {"long": 60, "short": 5, "factor": 1, "severity": "ticket"},
    ],
    "burn_for": 2,
    "keep_firing_for": 2,
    "retrieval_for": 5,
    "ticket_after": 12,
    "down_for": 2,
    "absence_window": 10,
    "absence_season": 30,
    "stale_for": 5,
}
RUNS = int(os.environ.get("GROUNDWIRE_INCIDENTS", "0"))  # further incidents, a minute each
SETTINGS = {
    "GROUNDWIRE_TRACE_IDLE_SECONDS": "1",
    "GROUNDWIRE_BASELINE_TURNS": "100",
    "GROUNDWIRE_BASELINE_DAYS": "0",
}
GOOD = {"model_version": "ft-1", "reading": 1.0}
BAD = {"model_version": "ft-2", "reading": 0.2}
PAGE = "GroundwireFaithfulnessBurn"
WHOLE_SERVICE = f'{PAGING[:-1]}, scope="service"}}'
COUNTED = "|".join(m.name for m in committed_metrics() if m.kind is not MetricKind.GAUGE)
SELECTOR = r"(?:(?:[a-z_]+:)?groundwire_[a-z_]+(?::[a-z_0-9]+)?|\bup\b)(?:{[^}]*})?"


@dataclass
class Application:
    """The observed application, in a process of its own."""

    orders: Path
    process: subprocess.Popen[str]

    def serve(self, *versions: dict[str, Any]) -> None:
        new = self.orders.with_suffix(".new")
        new.write_text(json.dumps(versions))
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
    orders.write_text(json.dumps([GOOD]))
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


def test_a_rollout_is_reported_once_resolved_and_survives_kill_9(
    watched: Callable[..., Any], wait_for: Callable[..., Any], tmp_path: Path
) -> None:
    watch = watched(SETTINGS, LIMITS)
    collector, prometheus, inbox = watch.collector, watch.prometheus, watch.inbox
    with application(tmp_path, collector.url) as app:
        reported = begin_incident(watch, app, wait_for)

        # Each dot of a panel is a turn.
        found = prometheus.exemplars("groundwire_faithfulness_bucket")
        trace_ids = {exemplar["labels"]["trace_id"] for exemplar in found}
        assert trace_ids
        assert {collector.get(f"/traces/{t}").status_code for t in trace_ids} == {303}

        # After the roll-back it is over; every expression that we ship said something of it.
        end_incident(watch, app, wait_for, reported, lambda: every_expression_says(watch, tmp_path))

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


def incident_after_incident(
    run: int, watched: Callable[..., Any], wait_for: Callable[..., Any], tmp_path: Path
) -> None:
    """One of many runs, a minute each: nothing else is told."""
    watch = watched(SETTINGS, LIMITS)
    with application(tmp_path, watch.collector.url) as app:
        end_incident(watch, app, wait_for, begin_incident(watch, app, wait_for))


if RUNS:
    test_incident_after_incident = pytest.mark.parametrize("run", range(RUNS))(
        incident_after_incident
    )


def begin_incident(watch: Any, app: Application, wait_for: Callable[..., Any]) -> dict[str, Any]:
    """A rollout lowers the faithfulness of one of two versions; what the webhook is told of it."""
    key = watch.collector.read_key()  # known to the receiver within seconds
    # While the model reads its context, all is silent.
    usual = "service_evaluator:groundwire_faithfulness:median_reference"
    wait_for(lambda: watch.prometheus.query(usual), "the reference")
    wait_for(
        lambda: watch.prometheus.query("service_evaluator:groundwire_flagged_turns:target_ratio"),
        "a baseline",
    )
    assert watch.prometheus.value(usual) > 0.95
    assert watch.inbox.notifications == []

    began = time.time()
    app.serve(GOOD, BAD, BAD)  # enough of it that the service as a whole burns too
    wait_for(lambda: watch.inbox.notifications, "the page")
    # Rolled back before that, the service as a whole might never burn.
    wait_for(lambda: watch.prometheus.query(WHOLE_SERVICE), "the service as a whole to burn")
    [reported] = watch.inbox.notifications
    [alert] = reported["alerts"]
    assert (reported["status"], alert["labels"]["alertname"]) == ("firing", PAGE)
    assert (alert["labels"]["service"], alert["labels"]["model_version"]) == ("handbook", "ft-2")
    tells_what_changed_and_when(alert["annotations"], began)
    opens_the_worst_turn(watch.collector, key, alert["annotations"]["worst_turn_url"])
    return dict(alert)


def tells_what_changed_and_when(message: dict[str, str], began: float) -> None:
    """The signal, the version, and a change within the detector's stated error."""
    assert "handbook, model_version ft-2" in message["summary"]
    what = r"unsupported claims \(p_unsupported\) for model_version ft-2"
    pattern = r" got worse at (.+?) \(between (.+?) and (.+?)\)"
    found = re.search(what + pattern, message["since"])
    assert found, message["since"]
    day = time.strftime("%Y-%m-%d", time.gmtime(began))
    low, high = (seconds(f"{day} {clock} UTC") for clock in found.groups()[1:])
    # Written in whole seconds; answers begin to go wrong with the first turn of the new version.
    assert low - 1 <= began <= high + 1
    assert low <= seconds(found[1]) <= high


def seconds(moment: str) -> float:
    return datetime.strptime(moment, "%Y-%m-%d %H:%M:%S %Z").replace(tzinfo=UTC).timestamp()


def opens_the_worst_turn(collector: Any, key: str, link: str) -> None:
    page = collector.get(link.removeprefix(collector.url), key=key, follow_redirects=True)
    assert "/turns/" in str(page.url)
    assert "ft-2" in page.text
    assert "ft-1" not in page.text
    assert re.search(r'<mark class="(unsupported|contradicted) c\d+">', page.text)


def end_incident(
    watch: Any,
    app: Application,
    wait_for: Callable[..., Any],
    reported: dict[str, Any],
    meanwhile: Callable[[], None] = lambda: None,
) -> None:
    """After the roll-back it is over, and nothing else was told, then or since."""
    app.serve(GOOD)
    wait_for(lambda: watch.inbox.alerts("resolved", PAGE), "the end of the page")
    until = time.monotonic() + watch.limits.ticket_after + 3  # as a ticket would wait
    meanwhile()
    time.sleep(max(0.0, until - time.monotonic()))
    message = [(n["status"], summaries(n)) for n in watch.inbox.notifications]
    assert message == [
        (status, [(PAGE, reported["fingerprint"])]) for status in ("firing", "resolved")
    ]


def every_expression_says(watch: Any, folder: Path) -> None:
    missing = set(shipped_expressions(watch.limits))
    for _ in range(40):
        measure_by_probes(folder)
        missing = {expression for expression in missing if not watch.prometheus.message(expression)}
        if not missing:
            break
        time.sleep(0.5)
    assert missing == set()


def summaries(notification: dict[str, Any]) -> list[tuple[str, str]]:
    return [(a["labels"]["alertname"], a["fingerprint"]) for a in notification["alerts"]]


def counted_names() -> list[str]:
    suffixes = {
        MetricKind.COUNTER: ("_total",),
        MetricKind.HISTOGRAM: ("_bucket", "_count", "_sum"),
    }
    return [m.name + suffix for m in committed_metrics() for suffix in suffixes.get(m.kind, ())]


def resets_of(name: str) -> str:
    return f"sum(resets({name}[5m]))"


def measure_by_probes(folder: Path) -> None:
    """What closed-book calls and judges would count, by the verb that they count with."""
    increments = Increments()
    for outcome, number in (("context", 8), ("parametric", 2), ("neither", 1)):
        labels = {"service": "handbook", "source": "closed_book", "outcome": outcome}
        increments.count(RELIANCE_OUTCOMES, labels, number)
    calls = {"service": "handbook", "evaluator": "llm_judge", "result": "answered"}
    increments.count(JUDGE_CALLS, calls)
    engine = open_engine(Settings(data_dir=folder))
    with engine.begin() as connection:
        counters.add(connection, increments, time.time_ns())
    engine.dispose()


def shipped_expressions(limits: Any) -> list[str]:
    """Recorded series, and whatever the alerts look at.

    Less what has no value here: a drift that no page tells of, what judges show as gauges, traces
    that become no turn, and announced training times.
    """
    unsaid = (
        "segment:groundwire_drift_change_timestamp_seconds:unpaged",
        "groundwire_judge_",
        "groundwire_traces_without_turn_total",
        *("groundwire_model_trained_", "groundwire_changed_since_training_"),
    )
    recorded = (*recordings(limits), *references(limits))
    selectors = [
        selector for alert in alerts(limits) for selector in re.findall(SELECTOR, alert.expression)
    ]
    return [
        *(each.expression for each in recorded if not each.name.startswith(unsaid)),
        *(each.name for each in recorded if not each.name.startswith(unsaid)),
        *(selector for selector in selectors if not selector.startswith(unsaid)),
    ]


def promtool_check(page: bytes) -> None:
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
