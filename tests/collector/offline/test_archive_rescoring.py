"""New scores of archived turns beside the old ones; what is done is not done again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.aged_store import NOW
from tests.collector.storage.archive.test_archive import judged, rows, store

from groundwire_collector.evaluation.runner import judge
from groundwire_collector.offline.archive_rescoring import rescore_archive
from groundwire_collector.offline.rescoring import Rescoring, rescore_stored
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn


class NewRevision:
    """Scores every answer 0.4, flagged."""

    name, revision = "grounding", "r2"

    def judge(self, turn: Turn) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=0.4,
            flagged=True,
            signals={"p_unsupported": 0.6},
        )


class DirectEngine:
    """Judges in this process, and counts what it was given; may be killed."""

    identities: Sequence[tuple[str, str]] = [("grounding", "r2")]

    def __init__(self, lives: int = 1000) -> None:
        self.judged: list[str] = []
        self._lives = lives

    def map(self, turns: Iterable[Turn]) -> Iterator[JudgedTurn]:
        for turn in turns:
            if len(self.judged) == self._lives:
                raise KeyboardInterrupt
            self.judged.append(turn.id)
            yield from judge([NewRevision()], [turn])

    def close(self) -> None:
        """Nothing runs."""


@pytest.fixture
def location(engine: Engine, tmp_path: Path) -> Location:
    """Six archived turns of three hours."""
    found = Location.of(str(tmp_path / "archive"))
    store(engine, *(judged(number, days_ago=2 + number // 2) for number in range(6)))
    Archive(engine, found, HOUR_NS).write_closed(NOW)
    return found


def run(engine: DirectEngine) -> Rescoring:
    return Rescoring(engine, lambda _number: None)


def test_new_scores_stand_beside_the_old_ones(engine: Engine, location: Location) -> None:
    rescoring = run(DirectEngine())
    assert len(list(rescore_archive(engine, location, rescoring))) == 6
    statement = "SELECT revision, count(*), min(value) FROM scores GROUP BY 1 ORDER BY 1"
    assert rows(location, None, statement) == [("r1", 6, 0.9), ("r2", 6, 0.4)]
    [record] = rescoring.comparison.records()
    assert (record["old_revision"], record["new_revision"], record["turns"]) == ("r1", "r2", 6)
    assert (record["old_mean"], record["new_mean"]) == (pytest.approx(0.9), pytest.approx(0.4))
    assert (record["old_flagged"], record["new_flagged"], record["changed_flags"]) == (0, 1, 1)


def test_a_turn_that_is_stored_and_archived_counts_once(engine: Engine, location: Location) -> None:
    rescoring = run(DirectEngine())
    assert len(list(rescore_stored(engine, rescoring, TurnQuery(limit=4)))) == 6
    assert list(rescore_archive(engine, location, rescoring)) == []
    [record] = rescoring.comparison.records()
    assert (rescoring.judged, record["turns"]) == (6, 6)
    assert rows(location, None, "SELECT count(*) FROM scores WHERE revision = 'r2'") == [(6,)]


def test_a_run_that_was_killed_repeats_no_finished_hour(engine: Engine, location: Location) -> None:
    first = DirectEngine(lives=5)
    with pytest.raises(KeyboardInterrupt):
        list(rescore_archive(engine, location, run(first)))
    second = DirectEngine()
    list(rescore_archive(engine, location, run(second)))
    finished = set(first.judged[:4])  # two hours of two turns; the fifth was in mid-hour
    assert finished.isdisjoint(second.judged)
    assert rows(location, None, "SELECT count(*) FROM scores WHERE revision = 'r2'") == [(6,)]
    third = DirectEngine()
    list(rescore_archive(engine, location, run(third)))
    assert third.judged == []


def test_one_service_and_a_period_can_be_chosen(engine: Engine, location: Location) -> None:
    assert list(rescore_archive(engine, location, run(DirectEngine()), service="other")) == []
    some = DirectEngine()
    since_ns = NOW - 3 * 24 * HOUR_NS
    list(rescore_archive(engine, location, run(some), "shop", since_ns))
    assert len(some.judged) == 4


def test_an_hour_that_is_archived_anew_has_both_revisions(
    engine: Engine, location: Location
) -> None:
    list(rescore_archive(engine, location, run(DirectEngine())))
    late = replace(judged(0), evaluations=(*judged(0).evaluations, NewRevision().judge(Turn())))
    store(engine, late)
    archive = Archive(engine, location, HOUR_NS)
    archive.complete(NOW)
    statement = "SELECT revision, count(*) FROM scores GROUP BY 1 ORDER BY 1"
    assert rows(location, None, statement) == [("r1", 6), ("r2", 6)]


def test_stored_turns_that_are_done_are_passed_over(engine: Engine) -> None:
    store(engine, judged(1), judged(2))
    first = DirectEngine()
    list(rescore_stored(engine, run(first), TurnQuery(limit=1)))
    second = DirectEngine()
    list(rescore_stored(engine, run(second), TurnQuery(limit=1)))
    again = DirectEngine()
    once_more = Rescoring(again, lambda _number: None, again=True)
    list(rescore_stored(engine, once_more, TurnQuery(limit=1)))
    assert [len(each.judged) for each in (first, second, again)] == [2, 0, 2]
