"""The verdict on an alarm, from stored golden replays and labels."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from groundwire_collector.drift.alarm_origin import origin_of, paired
from groundwire_collector.storage import golden, labels, turns
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.golden import GoldenRun, StoredAnswer
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift.change_point import Change
from groundwire_evaluators.drift.origin import Origin
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

DAY = 86_400 * 10**9
ALARM = Alarm(
    service="bot",
    signal="llm_judge",
    cause="unknown",
    raised_ns=11 * DAY,
    change=Change(10 * DAY, (10 * DAY, 10 * DAY + 1), 0.3, (0.1, 0.4)),
    details={"revision": "r1", "baseline": {"mean": 0.05}},
)


def replay(connection: Connection, day: int, flagged: int, digest: str = "set") -> GoldenRun:
    """Of 200 right answers, so many of which the judge calls wrong."""
    run = GoldenRun("judge", "llm_judge", "r1", digest, day * DAY)
    run = golden.begin(connection, run)
    for number in range(200):
        wrong = StoredAnswer(f"{number:03}", "scored", number < flagged, unsupported=False)
        golden.save(connection, run, wrong)
    golden.end(connection, run, {}, day * DAY + 1)
    return run


def verdict(engine: Engine, alarm: Alarm = ALARM) -> Origin:
    with engine.connect() as connection:
        return origin_of(connection, alarm, label_rate=0.1).verdict


def test_a_judge_that_calls_more_of_the_golden_set_wrong_is_the_origin(engine: Engine) -> None:
    with engine.begin() as connection:
        replay(connection, 9, flagged=4)
        replay(connection, 12, flagged=70)
    assert verdict(engine) is Origin.EVALUATOR


def test_a_judge_that_judges_the_golden_set_as_before_is_not(engine: Engine) -> None:
    with engine.begin() as connection:
        replay(connection, 9, flagged=4)
        replay(connection, 12, flagged=4)
    assert verdict(engine) is Origin.SYSTEM


def test_without_a_replay_on_both_sides_nothing_is_decided(engine: Engine) -> None:
    with engine.begin() as connection:
        replay(connection, 12, flagged=70)
        replay(connection, 9, flagged=4, digest="another set")
    assert verdict(engine) is Origin.UNDETERMINED


def test_scores_that_follow_from_the_turn_and_a_revision_do_not_change_silently(
    engine: Engine,
) -> None:
    assert verdict(engine, replace(ALARM, signal="p_unsupported")) is Origin.SYSTEM


def labelled(engine: Engine, day: int, number: int, bad: int, probability: float = 0.2) -> None:
    """So many drawn and labelled turns of a day, of which some are unfaithful."""
    at = datetime.fromtimestamp(day * 86_400, UTC)
    ids = [f"{day}-{n}" for n in range(number)]
    score = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, signals={"p_unsupported": 0.1}
    )
    judged = [
        JudgedTurn(
            Turn(id=name, trace_id=name, service="bot", started_at=at, ended_at=at), (score,)
        )
        for name in ids
    ]
    with engine.begin() as connection:
        turns.save(connection, judged)
        labels.add(
            connection,
            [
                Label(
                    turn_id=name,
                    labeller="ada",
                    labelled_ns=day * DAY + n,
                    service="bot",
                    verdict="unsupported" if n < bad else "supported",
                    probability=probability,
                )
                for n, name in enumerate(ids)
            ],
        )


def test_labels_that_got_worse_name_the_system_though_the_judge_moved_too(engine: Engine) -> None:
    labelled(engine, 9, 300, bad=6)
    labelled(engine, 12, 300, bad=120)
    with engine.begin() as connection:
        replay(connection, 9, flagged=4)
        replay(connection, 12, flagged=70)
    assert verdict(engine) is Origin.SYSTEM


def test_labels_that_stayed_name_the_evaluator_even_without_a_golden_set(engine: Engine) -> None:
    labelled(engine, 9, 400, bad=8)
    labelled(engine, 12, 400, bad=8)
    assert verdict(engine) is Origin.EVALUATOR
    with engine.connect() as connection:
        reasons = origin_of(connection, ALARM, 0.1).reasons
    assert any("400 labelled answers before and 400 since" in each for each in reasons)


def test_few_labels_leave_an_alarm_undetermined(engine: Engine) -> None:
    labelled(engine, 9, 10, bad=0)
    labelled(engine, 12, 10, bad=1)
    assert verdict(engine) is Origin.UNDETERMINED


def test_each_replay_is_used_once() -> None:
    runs = [GoldenRun("j", "j", "r", "d", at, at + 1, {}, at) for at in (1, 2, 20, 21, 22)]
    answers = {run.id: [StoredAnswer("a", "scored", False, False)] for run in runs}
    assert len(paired(runs, answers, (10, 15))) == 2
