"""What an alarm names: by the turns that carry the evidence, and by what was deployed then."""

import random
from collections.abc import Callable

import pytest

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

MINUTE = 60 * 10**9
BASELINE = 1000
Tags = dict[str, str]
BEFORE: Tags = {"model_version": "ft-1", "prompt_version": "p1", "route": "retrieval"}


def first_alarm(
    seed: int,
    tags: Callable[[random.Random], Tags],
    is_hit: Callable[[Tags], bool],
    early: int = 0,
    signal: str = "p_unsupported",
) -> Alarm:
    """The first alarm after a rollout at turn 1,200; `early`: bad turns just before it."""
    rng = random.Random(seed)
    monitor = Monitor(
        MonitorConfig(
            AlarmBudget.parse("1 per 30d"),
            baseline_turns=BASELINE,
            baseline_days=0,
            dimensions=DIMENSIONS,
        )
    )
    alarms: list[Alarm] = []
    for number in range(4000):
        reported = tags(rng) if number >= 1200 else BEFORE | {"tenant": rng.choice("abc")}
        bad = number >= 1200 and is_hit(reported)
        loss = float(rng.random() < (0.5 if bad else 0.05) or 1200 - early <= number < 1200)
        reading = MonitoredTurn(
            service="bot",
            at_ns=(30_000_000 + number) * MINUTE,
            losses=[SignalLoss(signal, "1", loss)],
            tags=reported,
            route="retrieval",
        )
        alarms += [alarm for alarm in monitor.take(reading) if alarm.resolved_ns is None]
        if alarms:
            return alarms[0]
    raise AssertionError("no alarm")


def half(rng: random.Random) -> Tags:
    """Model and prompt are rolled out at once, each for half of the traffic by itself."""
    return {
        "model_version": rng.choice(["ft-1", "ft-2"]),
        "prompt_version": rng.choice(["p1", "p2"]),
        "route": "retrieval",
        "tenant": rng.choice("abc"),
    }


@pytest.mark.parametrize("seed", range(8))
def test_of_two_rollouts_at_once_the_one_whose_turns_are_bad_is_named(seed):
    alarm = first_alarm(seed, half, lambda tags: tags["prompt_version"] == "p2")
    assert (*alarm.change.segment, alarm.cause) == (
        "prompt_version",
        "p2",
        "prompt",
    )
    assert alarm.details["deployment"]["value"] == "p2"
    assert [each["value"] for each in alarm.details["also_deployed"]] == ["ft-2"]


@pytest.mark.parametrize("early", [0, 1, 2])
def test_a_rollout_for_all_is_named_although_a_bad_turn_came_just_before_it(early):
    whole = BEFORE | {"model_version": "ft-2"}
    for seed in range(3):
        alarm = first_alarm(seed, lambda rng: whole | {"tenant": rng.choice("abc")}, bool, early)
        assert (*alarm.change.segment, alarm.cause) == (
            "model_version",
            "ft-2",
            "model",
        )


def test_segments_that_did_not_move_are_reported():
    alarm = first_alarm(
        1, lambda rng: BEFORE | {"tenant": rng.choice("abc")}, lambda tags: tags["tenant"] == "c"
    )
    assert (*alarm.change.segment, alarm.cause) == ("tenant", "c", "unknown")
    unmoved = {(each["dimension"], each["value"]) for each in alarm.details["unmoved"]}
    assert unmoved >= {("tenant", "a"), ("tenant", "b")}
    assert all(each["value"] != "c" for each in alarm.details["unmoved"])


def test_a_change_without_a_deployment_in_what_contradicts_the_context_is_its_being_ignored():
    same = BEFORE | {"tenant": "a"}
    alarm = first_alarm(2, lambda _: same, bool, signal="override")
    assert (alarm.change.dimension, alarm.cause) == ("", "context_ignored")


@pytest.mark.parametrize("seed", range(4))
def test_a_new_model_that_is_worse_in_one_task_most_is_named_before_the_task(seed):
    def tasks(rng: random.Random) -> Tags:
        return BEFORE | {"model_version": "ft-2", "route": rng.choice(["qa", "list", "sum"])}

    rng, harder = random.Random(seed), {"qa": 1.0, "list": 0.15, "sum": 0.15}
    alarm = first_alarm(seed, tasks, lambda tags: rng.random() < harder[tags["route"]])
    assert (*alarm.change.segment, alarm.cause) == ("model_version", "ft-2", "model")
