"""Scheduled probes: when due, once, whatever the endpoint does, and apart from production."""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.drift import checkpoint
from groundwire_collector.llm.client import ChatEndpoint, FunctionTarget
from groundwire_collector.probing.job import HOPELESS, ProbeJob
from groundwire_collector.probing.probe_alarms import ProbeAlarms
from groundwire_collector.probing.runner import ProbeRunner
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters, drift, probe_runs
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_evaluators.reliance.probe import ProbePack, load_pack
from groundwire_evaluators.reliance.probe.arms import Arm

PACK = ProbePack("small", load_pack().items[:24])
ITEMS = {item.question: item for item in PACK.items}
ARMS = (Arm.CLEAN, Arm.CONFLICT)
HOUR_NS = 3600 * 1_000_000_000
Answer = Callable[[str, list[str]], str]


def reads(question: str, chunks: Sequence[str]) -> str:
    item = ITEMS[question]
    return item.substitute if item.substitute in " ".join(chunks) else item.original


def recites(question: str, chunks: Sequence[str]) -> str:
    return ITEMS[question].original


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(Settings(data_dir=tmp_path))
    make_schema(made)
    yield made
    made.dispose()


class Clock:
    now_ns = 1_700_000_000 * 1_000_000_000

    def __call__(self) -> int:
        return self.now_ns


def rounds(engine: Engine, answer: Answer | ChatEndpoint = reads, **more: Any) -> ProbeJob:
    target = answer if isinstance(answer, ChatEndpoint) else FunctionTarget(answer)
    named = {"service": "bot", "model": "m", "model_version": "v1", "interval_seconds": 3600.0}
    named |= {"clock_ns": Clock(), "alarms": ProbeAlarms(), **more}
    runner = ProbeRunner(PACK, target, arms=ARMS, at_once=1)
    return ProbeJob(engine=engine, runner=runner, **named)


def counted(
    engine: Engine, metric: metric_definitions.MetricDefinition, *labels: str
) -> Counter[Any]:
    with engine.connect() as connection:
        found = counters.counters(connection)
    reported: Counter[Any] = Counter()
    for (name, text), counter in found.items():
        if name == metric.name:
            reported[tuple(json.loads(text)[label] for label in labels)] += int(counter.value)
    return reported


def test_a_run_is_counted_as_probe_and_touches_no_counter_of_production(engine: Engine) -> None:
    assert rounds(engine).step()
    outcomes = counted(
        engine, metric_definitions.RELIANCE_OUTCOMES, "source", "outcome", "model_version"
    )
    assert outcomes == {("probe", "context", "v1"): len(PACK)}
    arms = counted(engine, metric_definitions.PROBE_OUTCOMES, "arm", "outcome")
    assert arms == {("clean", "context"): len(PACK), ("conflict", "context"): len(PACK)}
    assert counted(engine, metric_definitions.PROBE_RUNS, "state") == {("finished",): 1}
    ours = {
        metric_definitions.RELIANCE_OUTCOMES,
        metric_definitions.PROBE_OUTCOMES,
        metric_definitions.PROBE_RUNS,
    }
    with engine.connect() as connection:
        names = {name for name, _ in counters.counters(connection)}
    assert names == {metric.name for metric in ours | {metric_definitions.PROBE_CALLS}}


def test_the_next_run_waits_for_its_time_across_a_restart(engine: Engine) -> None:
    clock = Clock()
    assert rounds(engine, clock_ns=clock).step()
    assert not rounds(engine, clock_ns=clock).step()
    clock.now_ns += HOUR_NS
    assert rounds(engine, clock_ns=clock).step()
    with engine.connect() as connection:
        assert len(probe_runs.finished(connection)) == 2


def test_a_run_that_was_broken_off_goes_on_and_counts_nothing_twice(engine: Engine) -> None:
    requested: list[str] = []

    def stops(question: str, chunks: Sequence[str]) -> str:
        requested.append(question)
        if len(requested) == 9:
            first.stop.set()
        return reads(question, chunks)

    first = rounds(engine, stops)
    first.step()
    answered = counted(engine, metric_definitions.PROBE_CALLS, "result")["answered",]
    assert 0 < answered < len(PACK) * len(ARMS)
    rounds(engine).step()
    assert counted(engine, metric_definitions.PROBE_CALLS, "result") == {
        ("answered",): len(PACK) * len(ARMS)
    }
    with engine.connect() as connection:
        [run] = probe_runs.finished(connection)
        assert len(probe_runs.results(connection, run).results) == len(PACK) * len(ARMS)


def test_an_endpoint_that_misbehaves_stops_no_run_and_each_kind_is_counted(
    engine: Engine, server: Any
) -> None:
    japanese = json.dumps({"choices": [{"message": {"content": "オスロ"}}]}).encode()
    empty = json.dumps({"choices": [{"message": {"content": ""}}]}).encode()
    misdeeds = [(429, b""), (500, b"oops"), (200, b"<html>"), (200, b'{"choices": []}')]
    misdeeds += [(200, japanese), (200, empty), (403, b"")]
    late = (0, b"")  # the first call is not answered in time
    responses = itertools.chain([late], itertools.cycle(misdeeds))
    server.answer = lambda path, body: (*next(responses), {})
    endpoint = ChatEndpoint(server.url, "m", timeout=0.3, retries=0)
    assert rounds(engine, endpoint).step()
    endpoint.close()
    kinds = counted(engine, metric_definitions.PROBE_CALLS, "result")
    reported = {kind for (kind,) in kinds}
    assert reported == {
        *("timeout", "rate_limited", "server_error", "nonsense", "empty", "refused", "answered"),
    }
    assert sum(kinds.values()) == len(PACK) * len(ARMS)
    outcomes = counted(engine, metric_definitions.RELIANCE_OUTCOMES, "outcome")
    assert set(outcomes) == {("neither",)}
    assert counted(engine, metric_definitions.PROBE_RUNS, "state") == {("finished",): 1}


def test_a_run_whose_every_call_fails_is_given_up_until_the_next_is_due(engine: Engine) -> None:
    def breaks(question: str, chunks: Sequence[str]) -> str:
        raise ConnectionError

    clock = Clock()
    assert rounds(engine, breaks, clock_ns=clock).step()
    assert counted(engine, metric_definitions.PROBE_RUNS, "state") == {("abandoned",): 1}
    assert counted(engine, metric_definitions.PROBE_CALLS, "result") == {("raised",): HOPELESS}
    assert not rounds(engine, clock_ns=clock).step()


def test_a_new_version_that_recites_is_alarmed_once_and_resolved_when_it_reads(
    engine: Engine,
) -> None:
    clock = Clock()
    rounds(engine, clock_ns=clock).step()
    later: list[Answer] = [recites, recites, reads]
    states = []
    for answer in later:
        clock.now_ns += HOUR_NS
        rounds(engine, answer, model="ft", model_version="v2", clock_ns=clock).step()
        with engine.connect() as connection:
            states.append([alarm.resolved_ns is None for alarm in drift.alarms(connection)])
            [alarm] = drift.alarms(connection)
    assert states == [[True], [True], [False]]
    assert (alarm.signal, *alarm.change.segment) == (
        "probe",
        "model_version",
        "v2",
    )
    assert alarm.change.size > 0.9
    assert not alarm.details["general"]


def test_an_open_alarm_of_probes_is_no_business_of_the_detectors_on_traffic(
    engine: Engine, tmp_path: Path
) -> None:
    clock = Clock()
    rounds(engine, clock_ns=clock).step()
    rounds(engine, recites, model="ft", model_version="v2", clock_ns=clock).step()
    with engine.connect() as connection:
        assert len(drift.alarms(connection, only_open=True)) == 1
        assert checkpoint.recall(connection, Settings(data_dir=tmp_path)).signal_monitors == {}


def test_a_model_that_goes_on_reading_is_never_alarmed(engine: Engine) -> None:
    clock = Clock()
    for _ in range(3):
        rounds(engine, clock_ns=clock).step()
        clock.now_ns += HOUR_NS
    with engine.connect() as connection:
        assert drift.alarms(connection) == []


def test_old_runs_are_deleted_but_the_baseline_stays(engine: Engine) -> None:
    clock = Clock()
    for _ in range(3):
        rounds(engine, clock_ns=clock).step()
        clock.now_ns += HOUR_NS
    with engine.begin() as connection:
        assert probe_runs.expire(connection, clock.now_ns - HOUR_NS) == 1
        retained = probe_runs.finished(connection)
        assert [run.id for run in retained] == [3, 1]
        assert all(probe_runs.results(connection, run).results for run in retained)
