"""Behaviour signals over time: silent while nothing changes, found when something does."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from groundwire_collector.drift.behaviour.monitor import (
    BehaviourEvent,
    BehaviourMonitor,
    BehaviourTurn,
    fixed_state,
    service_from,
    service_state,
)
from groundwire_collector.drift.behaviour.signals import (
    BEHAVIOUR_SIGNALS,
    BY_NAME,
    BehaviourSignal,
    SignalKind,
    SignalValue,
)
from groundwire_collector.drift.config import MonitorConfig
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.drift.margin import ChangeDirection

GAP_NS = 86 * 1_000_000_000  # a thousand turns a day
BASELINE = 1200


def monitor(days: float = 0.0) -> BehaviourMonitor:
    budget = AlarmBudget.parse("0.25 per 30d")
    return BehaviourMonitor(MonitorConfig(budget, baseline_turns=BASELINE, baseline_days=days))


def turns(
    number: int,
    first: int = 0,
    seed: int = 0,
    version: str = "v1",
    factors: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[BehaviourTurn]:
    """`factors` multiply an amount, or are the share of a trait (else 1 %)."""
    rng = random.Random(seed)
    for index in range(first, first + number):
        values = [
            SignalValue(
                signal,
                float(rng.random() < factors.get(signal.name, 0.01))
                if signal.kind is SignalKind.SHARE
                else rng.lognormvariate(3, 0.5) * factors.get(signal.name, 1.0),
                "1",
            )
            for signal in BEHAVIOUR_SIGNALS
        ]
        yield BehaviourTurn("bot", index * GAP_NS, tuple(values), (("model_version", version),))


def fed(found: BehaviourMonitor, stream: Iterator[BehaviourTurn]) -> list[BehaviourEvent]:
    return [event for turn in stream for event in found.take(turn)]


def test_nothing_is_raised_while_nothing_changes() -> None:
    assert fed(monitor(), turns(6000)) == []


@pytest.mark.parametrize("signal", BEHAVIOUR_SIGNALS, ids=lambda each: each.name)
def test_a_change_of_each_signal_is_found_and_its_end_too(signal: BehaviourSignal) -> None:
    change = 0.2 if signal.kind is SignalKind.SHARE else 1.8
    found = monitor()
    assert fed(found, turns(2000)) == []
    [event] = fed(found, turns(400, first=2000, seed=3, factors={signal.name: change}))
    assert event.change is not None
    assert event.watch.signal == signal
    assert event.change.direction is ChangeDirection.UP
    assert abs(event.change.since_ns - 2000 * GAP_NS) < 150 * GAP_NS
    assert event.change.now > event.change.before
    [end] = fed(found, turns(1500, first=2400, seed=2))
    assert (end.change, end.watch.signal) == (None, signal)


@pytest.mark.parametrize("signal", [s for s in BEHAVIOUR_SIGNALS if len(s.directions) == 2])
def test_a_fall_is_found_where_it_matters(signal: BehaviourSignal) -> None:
    is_share = signal.kind is SignalKind.SHARE
    usual = {signal.name: 0.3} if is_share else {}
    change = {signal.name: 0.05 if is_share else 0.55}
    found = monitor()
    assert fed(found, turns(2000, factors=usual)) == []
    events = fed(found, turns(600, first=2000, seed=1, factors=change))
    assert [(e.watch.signal, e.change and e.change.direction) for e in events] == [
        (signal, ChangeDirection.DOWN)
    ]


def test_faster_answers_are_no_alarm() -> None:
    found = monitor()
    fed(found, turns(2000))
    assert fed(found, turns(1000, first=2000, factors={"generation_seconds": 0.3})) == []


def test_a_deployment_is_found_sooner_than_a_change_out_of_the_blue() -> None:
    delays = {}
    for version in ("v1", "v2"):
        found = monitor()
        fed(found, turns(2000))
        stream = turns(500, first=2000, seed=1, version=version, factors={"answer_words": 1.6})
        delays[version] = next(n for n, turn in enumerate(stream) if [*found.take(turn)])
    assert delays["v2"] < delays["v1"]


def test_a_baseline_takes_days_as_well_as_turns() -> None:
    found = monitor(days=3.0)
    fed(found, turns(2900))
    assert found.services["bot"].watching == 0
    fed(found, turns(200, first=2900))
    assert found.services["bot"].watching == len(BEHAVIOUR_SIGNALS)


def test_hours_that_differ_by_themselves_are_no_drift_once_the_baseline_knows_them() -> None:
    def daily(number: int, first: int, seed: int, factor: float = 1.0) -> Iterator[BehaviourTurn]:
        for turn in turns(number, first, seed):
            night = turn.at_ns // GAP_NS % 1005 < 500
            values = tuple(
                replace(v, value=v.value * (2.2 if night else 1.0) * factor)
                if v.signal.name == "answer_words"
                else v
                for v in turn.values
            )
            yield replace(turn, values=values)

    known, unknown = monitor(days=3.0), monitor()
    assert fed(known, daily(9000, 0, 0)) == []
    assert fed(unknown, daily(3000, 0, 0)) != []
    [event] = fed(known, daily(400, 9000, 1, factor=2.5))
    assert event.watch.signal.name == "answer_words"


def test_a_restart_changes_nothing() -> None:
    whole, stopped = monitor(), monitor()
    stream = [
        *turns(1600),
        *turns(300, first=1600, seed=1, factors={"answer_words": 1.7, "loop": 0.2}),
    ]
    raised: list[list[tuple[int, str]]] = [[], []]
    for at, turn in enumerate(stream):
        raised[0] += [(at, event.watch.signal.name) for event in whole.take(turn)]
        raised[1] += [(at, event.watch.signal.name) for event in stopped.take(turn)]
        if at % 100 == 99:
            service = stopped.services["bot"]
            state, fixed = (
                json.loads(json.dumps(s)) for s in (service_state(service), fixed_state(service))
            )
            allowance = json.loads(json.dumps(stopped.allocator.to_state()))
            stopped = monitor()
            stopped.allocator.resume(allowance)
            stopped.services["bot"] = service_from(state, fixed)
    assert raised[0] == raised[1]
    assert {name for _, name in raised[0]} == {"answer_words", "loop"}


def test_an_accepted_level_becomes_the_baseline() -> None:
    found = monitor()
    fed(found, turns(2000))
    [event] = fed(found, turns(300, first=2000, seed=1, factors={"answer_words": 1.7}))
    found.restart("bot", event.watch.signal.name)
    assert fed(found, turns(4000, first=2300, seed=2, factors={"answer_words": 1.7})) == []
    assert found.services["bot"].watches["answer_words"].watched


def test_another_revision_starts_a_baseline_of_its_own() -> None:
    found = monitor()
    fed(found, turns(2000))
    [turn] = turns(1, first=2000)
    changed = SignalValue(BY_NAME["answer_words"], 500.0, "2")
    assert [*found.take(BehaviourTurn("bot", turn.at_ns, (changed,)))] == []
    assert not found.services["bot"].watches["answer_words"].watched
    assert found.services["bot"].watches["formality"].watched


def test_time_that_runs_backwards_is_taken_for_the_latest() -> None:
    found = monitor()
    fed(found, turns(10, first=100))
    fed(found, turns(10))
    assert found.services["bot"].last_ns == 109 * GAP_NS
