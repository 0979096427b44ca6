"""Turns that stop being scored raise an alarm of their own, which says why they have no score."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from groundwire_collector.drift.alarm_origin import origin_of
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.missing_scores import (
    NOT_EVALUATED,
    UNSCORED,
    MissingReasons,
    ScoredShare,
)
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

START = datetime(2026, 11, 1, tzinfo=UTC)


def monitor() -> Monitor:
    return Monitor(
        MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=300, baseline_days=0)
    )


def turns(
    number: int, after: int, share: float, state: State, reason: str | None = None, **tags: str
) -> Iterator[JudgedTurn]:
    """One a ten seconds, of which so many have this state, and all others a good score."""
    rng = random.Random(after)
    for index in range(after, after + number):
        at = START + timedelta(seconds=10 * index)
        turn = Turn(id=str(index), service="bot", started_at=at, ended_at=at, **tags)
        found = State.SCORED if rng.random() >= share else state
        signals = {"p_unsupported": 0.05} if found is State.SCORED else {}
        failure = "timeout" if found is State.FAILED else None
        why = reason if found is State.NOT_EVALUABLE else None
        yield JudgedTurn(
            turn,
            (
                Evaluation(
                    evaluator="grounding",
                    revision="1",
                    state=found,
                    signals=signals,
                    reason=why,
                    failure=failure,
                ),
            ),
        )


def test_content_that_is_cut_from_a_tenth_of_the_turns_raises_an_alarm_with_the_reason() -> None:
    watched = monitor()
    cut = "content was cut"
    assert watched.observe(turns(1500, 0, 0.01, State.NOT_EVALUABLE, cut)) == []
    [alarm] = watched.observe(turns(400, 1500, 0.12, State.NOT_EVALUABLE, cut))
    assert alarm.signal == NOT_EVALUATED
    assert any("not_evaluable: content was cut" in each for each in alarm.details["findings"])
    assert alarm.details["state"] == "not_evaluable"


def test_a_version_that_refuses_more_is_named_though_its_scores_are_as_good() -> None:
    watched = monitor()
    assert watched.observe(turns(1500, 0, 0.05, State.REFUSAL, model_version="m1")) == []
    [alarm] = watched.observe(turns(300, 1500, 0.3, State.REFUSAL, model_version="m2"))
    assert (alarm.signal, *alarm.change.segment) == (UNSCORED, "model_version", "m2")


def test_an_evaluator_that_fails_is_told_apart_from_turns_that_offer_nothing(engine) -> None:
    watched = monitor()
    watched.observe(turns(1000, 0, 0.0, State.FAILED))
    [alarm] = watched.observe(turns(300, 1000, 0.2, State.FAILED))
    with engine.connect() as connection:
        assert origin_of(connection, alarm, 0.1).verdict == "evaluator"


def test_a_usual_share_of_turns_without_a_score_raises_no_alarm() -> None:
    watched = monitor()
    assert watched.observe(turns(6000, 0, 0.2, State.NO_CLAIMS)) == []


def test_a_turn_whose_score_comes_later_is_counted_once() -> None:
    watched = monitor()
    first = list(turns(50, 0, 1.0, State.NOT_EVALUABLE, "no answer"))
    later = list(turns(50, 0, 0.0, State.SCORED))
    watched.observe(first)
    watched.observe([], first_scored=later)
    assert len(watched.signal_monitors["bot", NOT_EVALUATED, ""].collected) == 50
    assert len(watched.signal_monitors["bot", "p_unsupported", "1"].collected) == 50


def test_a_signal_of_missing_scores_gets_a_quarter_of_the_mass_of_one_of_scores() -> None:
    watched = monitor()
    watched.observe(turns(2000, 0, 0.01, State.NO_CLAIMS))
    spent = {key[1]: watch.spent for key, watch in watched.signal_monitors.items()}
    assert 0.2 < spent[NOT_EVALUATED] / spent["p_unsupported"] < 0.4


def test_reasons_go_on_from_what_was_written_down() -> None:
    found, again = MissingReasons(), MissingReasons()
    found.add("refusal", 1, baseline=True)
    found.add("failed: timeout", 5, baseline=False)
    again.resume(found.to_state())
    assert again == found
    assert again.main_state(2) == "failed"


def share_after(before: float, after: float, turns: int = 1000) -> ScoredShare:
    found = ScoredShare()
    for number in range(turns):
        found.add(number % 100 < 100 * before, baseline=True)
    for number in range(turns):
        found.add(number % 100 < 100 * after, baseline=False)
    return found


def test_a_share_that_changed_is_stated_with_both_numbers() -> None:
    assert "from 80% to 95%" in share_after(0.8, 0.95).moved


def test_a_share_that_stayed_or_was_hardly_seen_says_nothing() -> None:
    assert share_after(0.8, 0.8).moved == ""
    assert share_after(0.8, 0.83).moved == ""
    assert share_after(0.2, 0.9, turns=50).moved == ""


def test_it_goes_on_from_what_was_written_down() -> None:
    found = share_after(0.7, 0.9)
    assert ScoredShare(*found.to_state()) == found
