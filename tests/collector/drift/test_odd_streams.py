"""What an evaluator or a clock may do wrong: nothing of it becomes evidence, nothing is lost."""

import math
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss, losses
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
START = 20_000 * DAY


def monitor(baseline: int = 300) -> Monitor:
    return Monitor(
        MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=baseline, baseline_days=0)
    )


def quiet(number: int, begin: int = 0, seed: int = 0, bad: float = 0.05) -> Iterable[MonitoredTurn]:
    rng = random.Random(seed)
    for index in range(begin, begin + number):
        loss = float(rng.random() < bad)
        yield MonitoredTurn(
            service="bot",
            at_ns=START + index * 10 * SECOND,
            losses=[SignalLoss("p_unsupported", "1", loss)],
            tags={"model_version": "ft-1"},
        )


def feed(watched: Monitor, readings: Iterable[MonitoredTurn]) -> list[Alarm]:
    return [alarm for reading in readings for alarm in watched.take(reading)]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1.5, -0.2, 1e300])
def test_a_score_that_is_none_is_not_watched(value):
    signals = {"p_unsupported": value}
    scored = Evaluation(evaluator="grounding", revision="1", state=State.SCORED, signals=signals)
    assert losses(JudgedTurn(Turn(), (scored,))) == []


def test_a_score_that_is_off_by_rounding_is():
    signals = {"p_unsupported": 1 + 1e-12}
    scored = Evaluation(evaluator="grounding", revision="1", state=State.SCORED, signals=signals)
    [loss] = losses(JudgedTurn(Turn(), (scored,)))
    assert loss.value == 1.0


def test_time_that_goes_backwards_buys_nothing_and_hides_nothing():
    watched = monitor()
    feed(watched, quiet(600))
    [watch] = watched.signal_monitors.values()
    spent = watch.spent
    back = (replace(each, at_ns=each.at_ns - 20 * DAY) for each in quiet(300, 600, 1))
    assert feed(watched, back) == []
    assert watch.spent == spent
    bad = (replace(each, at_ns=each.at_ns - 20 * DAY) for each in quiet(400, 900, 2, bad=0.6))
    [alarm] = feed(watched, bad)
    assert alarm.raised_ns == watch.updated_ns


def test_a_gap_of_a_day_or_of_a_year_raises_and_resolves_nothing():
    watched = monitor()
    feed(watched, quiet(600))
    [watch] = watched.signal_monitors.values()
    before = watch.statistic
    later = [replace(each, at_ns=each.at_ns + DAY) for each in quiet(600, 600, 1)]
    assert feed(watched, later) == []
    assert watch.statistic < max(100 * before, 0.5)
    bad = (replace(each, at_ns=each.at_ns + DAY) for each in quiet(400, 1200, 2, bad=0.6))
    [alarm] = feed(watched, bad)
    assert alarm.resolved_ns is None
    much_later = (replace(each, at_ns=each.at_ns + 400 * DAY) for each in quiet(3, 1600, 3, 0.6))
    assert feed(watched, much_later) == []
    assert len(watch.alarms) == 1


def test_the_first_turn_after_a_gap_has_the_mass_of_a_thirtieth_of_the_period_at_most():
    watched = monitor()
    feed(watched, quiet(301))
    [watch] = watched.signal_monitors.values()
    [after] = (replace(each, at_ns=each.at_ns + 5 * DAY) for each in quiet(1, 301))
    spent = watch.spent
    feed(watched, [after])
    assert watch.spent - spent <= 0.5 / 30


def test_a_flood_of_versions_forgets_old_ones_and_still_sees_a_bad_one():
    watched = monitor()
    feed(watched, quiet(400))
    for number, each in enumerate(quiet(1300, 400, 1)):
        feed(watched, [replace(each, tags={"model_version": f"v{number}"})])
    assert len(watched.values["bot", "model_version"]) == 1000
    spent = sum(watched.allocator.deployments.spent.values())
    assert spent <= 0.5
    bad = (replace(e, tags={"model_version": "worse"}) for e in quiet(300, 1700, 2, bad=0.7))
    [alarm] = feed(watched, bad)
    assert alarm.change.segment == ("model_version", "worse")
