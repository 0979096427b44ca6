"""What a watch compares turns with is found in the baseline, and paid for."""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from groundwire_collector.drift import design as plans
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.design import ComparisonDesign
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import ReferenceKind
from groundwire_collector.drift.strata import POOLED, TAGS, Strata, Week
from groundwire_evaluators.drift.blocking import Dependence

MINUTE = 60 * 10**9
START = 20_000 * 24 * 60 * MINUTE
Turn = tuple[float, str, str]  # chance of a bad turn, route, session


def baseline(turn: Callable[[int, random.Random], Turn], n: int = 6000) -> list[LossObservation]:
    rng = random.Random(3)
    found = []
    for number in range(n):
        chance, route, session = turn(number, rng)
        loss = float(rng.random() < chance)
        found.append(
            LossObservation(loss, START + number * MINUTE, {}, route, session, str(number))
        )
    return found


def test_plain_traffic_is_watched_plainly():
    plan, retained = plans.choose(baseline(lambda *_: (0.05, "retrieval", "")))
    assert plan == ComparisonDesign()
    assert len(retained) == 6000


def test_losses_that_are_all_the_same_show_nothing():
    same = [LossObservation(0.02 + 1e-17 * n, START + n * MINUTE) for n in range(300)]
    assert plans.choose(same)[0] == ComparisonDesign()


def test_routes_of_different_means_are_strata_and_an_unknown_one_is_compared_with_nothing():
    def turn(_: int, rng: random.Random) -> Turn:
        return (0.15, "tool", "") if rng.random() < 0.3 else (0.02, "retrieval", "")

    pinned = StratifiedBaseline.of(baseline(turn), 0.03)
    assert str(pinned.plan.strata) == "route"
    assert set(pinned.strata) == {"tool", "retrieval"}
    assert pinned.baselines["tool"].mean > 4 * pinned.baselines["retrieval"].mean
    assert pinned.plan.strata.of("cache", START) == POOLED


def test_a_season_of_the_day_makes_bins_of_hours():
    def turn(number: int, _: random.Random) -> Turn:
        return (0.12 if number // 60 % 24 < 12 else 0.02, "retrieval", "")

    plan, _ = plans.choose(baseline(turn))
    assert plan.strata.hours == 6
    assert len(plan.strata.known) == 4
    assert plan.block == 1  # strata explain it all


def test_a_slow_change_within_one_day_is_no_season():
    def turn(number: int, _: random.Random) -> Turn:
        return (0.02 + 0.1 * (number > 700), "retrieval", "")

    plan, _ = plans.choose(baseline(turn, n=1400))
    assert plan.strata == Strata()


def test_sessions_whose_turns_are_alike_give_one_score():
    bad = random.Random(4)
    moods = [float(bad.random() < 0.1) for _ in range(1500)]

    def turn(number: int, _: random.Random) -> Turn:
        return (0.9 * moods[number // 4] + 0.01, "retrieval", f"s{number // 4}")

    plan, retained = plans.choose(baseline(turn))
    assert plan.session
    assert len(retained) == 1500


def test_sessions_whose_turns_are_not_alike_count_turn_by_turn():
    plan, retained = plans.choose(baseline(lambda n, _: (0.05, "retrieval", f"s{n // 4}")))
    assert not plan.session
    assert len(retained) == 6000


def test_bursts_are_watched_in_blocks():
    moods = random.Random(5)
    state = [0.02]

    def turn(number: int, _: random.Random) -> Turn:
        if moods.random() < 0.02:
            state[0] = 0.4 if moods.random() < 0.2 else 0.02
        return (state[0], "retrieval", "")

    plan, _ = plans.choose(baseline(turn))
    assert plan.block > 20
    assert plan.dependence.inflation > 2


def all_strata() -> list[Strata]:
    """Every choice of dimensions, hours and days of the week there is."""
    subsets = itertools.chain.from_iterable(
        itertools.combinations(TAGS, size) for size in range(len(TAGS) + 1)
    )
    choices = itertools.product(subsets, (0, 6), Week)
    return [
        Strata(
            "route" in by,
            hours,
            frozenset("ab") if by or hours or week else frozenset(),
            tuple(each for each in by if each != "route"),
            week,
        )
        for by, hours, week in choices
    ]


def test_the_prices_of_all_plans_add_up_to_one():
    blocks = [
        Dependence(),
        *(
            Dependence(2**size, 2 ** (half / 2))
            for size in range(1, 13)
            for half in range(1, 2 * size + 1)
        ),
    ]
    plan = [ComparisonDesign(s, t, b) for s in (False, True) for t in all_strata() for b in blocks]
    assert sum(each.price for each in plan) == pytest.approx(1.0)
    assert ComparisonDesign().price > 0.45


def test_a_weekend_and_a_day_of_the_week_are_strata():
    def weekend(number: int, _: random.Random) -> Turn:
        day = number * 5 // (24 * 60)  # START is a Friday
        return (0.15 if day % 7 in (1, 2) else 0.03, "retrieval", "")

    def tuesday(number: int, _: random.Random) -> Turn:
        return (0.2 if number * 5 // (24 * 60) % 7 == 4 else 0.03, "retrieval", "")

    for turn, week, days in ((weekend, Week.WEEKEND, 7), (tuesday, Week.WEEKDAY, 15)):
        turns = [
            replace(each, at_ns=START + number * 5 * MINUTE)
            for number, each in enumerate(baseline(turn, n=days * 24 * 12))
        ]
        plan, _ = plans.choose(turns)
        assert plan.strata.week is week
    turns = [
        replace(each, at_ns=START + n * MINUTE) for n, each in enumerate(baseline(weekend, n=6000))
    ]
    assert plans.choose(turns)[0].strata.week is Week.NONE  # less than a week


def test_tags_whose_losses_differ_are_strata_of_the_service():
    def turn(_: int, rng: random.Random) -> Turn:
        return (0.05, "retrieval", "")

    rng = random.Random(9)
    turns = []
    for each in baseline(turn):
        prompt = "qa" if rng.random() < 0.5 else "summary"
        loss = float(rng.random() < (0.05 if prompt == "qa" else 0.15))
        turns.append(replace(each, loss=loss, tags={"prompt_version": prompt}))
    pinned = StratifiedBaseline.of(turns, 0.03)
    assert pinned.plan.strata.dimensions == ("prompt_version",)
    assert set(pinned.strata) == {"qa", "summary"}
    qa, new = pinned.reference(("prompt_version", "qa")), pinned.reference(("prompt_version", "v3"))
    assert qa is not None
    assert new is not None
    assert qa.mean == pytest.approx(0.05, abs=0.01)
    assert (new.kind, new.mean) == (ReferenceKind.WORST, pytest.approx(0.15, abs=0.02))


def test_each_value_is_compared_with_its_own_turns_and_a_thin_or_new_one_with_none():
    rng = random.Random(9)
    turns = [
        replace(
            each,
            loss=float(rng.random() < (0.3 if hard else 0.05)),
            tags={"tenant": "hard" if hard else "easy"},
        )
        for each in baseline(lambda *_: (0.05, "retrieval", ""), n=2000)
        for hard in [rng.random() < 0.02]
    ]
    pinned = StratifiedBaseline.of(turns, 0.03, own_turns=500)
    assert pinned.reference(("tenant", "hard")) is None
    assert pinned.reference(("tenant", "unheard")) is None
    easy = pinned.reference(("tenant", "easy"))
    assert easy is not None
    assert easy.n == pinned.counts["tenant", "easy"]
    new = pinned.reference(("model_version", "m2"))
    assert new is not None
    assert (new.kind, new.n) == (ReferenceKind.ALL, 2000)


def test_a_reference_that_is_written_down_is_the_same():
    def turn(number: int, rng: random.Random) -> Turn:
        return (0.12 if number // 60 % 24 < 12 else 0.02, "retrieval", "")

    pinned = StratifiedBaseline.of(baseline(turn), 0.03)
    assert StratifiedBaseline.from_state(pinned.to_state()) == pinned


def test_days_that_wander_are_watched_in_blocks_with_the_spread_of_days():
    moods = random.Random(2)
    levels = [max(0.06 + moods.gauss(0, 0.03), 0.01) for _ in range(9)]

    def turn(number: int, _: random.Random) -> Turn:
        return (levels[number // 1440], "retrieval", "")

    plan, _ = plans.choose(baseline(turn, n=9 * 1440))
    assert plan.block >= 256
    assert plan.dependence.inflation > 3
    assert plan.strata.week is Week.NONE  # one odd day is no day of the week


def bursts(number: int, rng: random.Random, worse: dict[str, bool]) -> Turn:
    """Bad spells of some 50 turns within days that are all alike."""
    if number == 0 or rng.random() < 0.02:
        worse["now"] = rng.random() < 0.2
    return (0.13 if worse["now"] else 0.03, "retrieval", "")


def test_bursts_within_days_are_no_days_that_wander():
    worse = {"now": False}
    plan, _ = plans.choose(baseline(lambda n, rng: bursts(n, rng, worse), n=12 * 1440))
    assert 1 < plan.block <= 256
    assert not plan.strata.any


@pytest.mark.parametrize("shift", range(6))
def test_hours_that_differ_by_chance_are_no_strata(shift):
    rng = random.Random(f"hours {shift}")
    for _ in range(20):
        turns = baseline(lambda *_: (float(rng.random() < 0.05), "retrieval", ""))
        assert not plans.choose(turns)[0].strata.any


def test_few_turns_are_watched_as_if_neighbours_depended_on_each_other():
    few = baseline(lambda *_: (0.05, "retrieval", ""), n=200)
    pinned = StratifiedBaseline.of(few, 0.2, provisional=True)
    assert (pinned.plan.block, pinned.plan.supposed) == (8, True)
    assert pinned.plan.price == ComparisonDesign().price
    assert StratifiedBaseline.from_state(pinned.to_state()).plan == pinned.plan
