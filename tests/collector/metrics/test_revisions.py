"""A revision of an evaluator is noted when it is first used."""

from sqlalchemy import Engine

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.revisions import RevisionTimes
from groundwire_collector.storage import judging
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn


def batch(now_ns: int, *revisions: str, state: State = State.SCORED) -> JudgedBatch:
    judged = [
        JudgedTurn(
            Turn(id=revision, service="bot"),
            (Evaluation(evaluator="grounding", revision=revision, state=state),),
        )
        for revision in revisions
    ]
    return JudgedBatch(judged=judged, new=judged, again=[], before={}, outcomes={}, now_ns=now_ns)


def noted(engine: Engine) -> list[tuple[str, str, int]]:
    with engine.connect() as connection:
        return sorted(judging.revisions(connection, 10))


def test_the_time_is_that_of_the_first_evaluation_and_stays(engine):
    times = RevisionTimes()
    for now_ns, revisions in ((10, ("3",)), (20, ("3", "4")), (30, ("3",))):
        with engine.begin() as connection:
            times.take(batch(now_ns, *revisions), connection)
    assert noted(engine) == [("grounding", "3", 10), ("grounding", "4", 20)]


def test_a_batch_that_was_rolled_back_is_noted_by_the_next(engine):
    times = RevisionTimes()
    with engine.connect() as connection:
        times.take(batch(10, "3"), connection)
        connection.rollback()
    with engine.begin() as connection:
        times.take(batch(20, "3"), connection)
    assert noted(engine) == [("grounding", "3", 20)]


def test_turns_that_were_not_sampled_say_nothing_about_an_evaluator(engine):
    with engine.begin() as connection:
        RevisionTimes().take(batch(10, "3", state=State.NOT_SAMPLED), connection)
    assert noted(engine) == []
