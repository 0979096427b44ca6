"""Judge turns again; what the same revision judged is passed over."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Engine

from groundwire_collector.evaluation.engines import JudgingEngine
from groundwire_collector.offline.revision_comparison import RevisionComparison
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.turn import Turn

STORED_AT_ONCE = 64  # turns in one transaction: short, so that a worker waits little
Advance = Callable[[int], None]  # so many turns are done, or were done before


class Rescoring:
    """Rescoring run over sources of turns; `comparison` is of all.

    `stored`: ids of stored turns that it judged. Their archived copies are judged too, and count
    once.
    """

    def __init__(self, engine: JudgingEngine, advance: Advance, *, again: bool = False) -> None:
        """`again`: also turns that the same revisions judged."""
        self.comparison = RevisionComparison()
        self.judged = 0
        self.stored: set[str] = set()
        self._engine = engine
        self._advance = advance
        self._again = again

    @property
    def mark(self) -> str:
        """Evaluators and revisions of this run."""
        return ", ".join(f"{name} {revision}" for name, revision in self._engine.identities)

    def pairs(self, source: Iterable[JudgedTurn]) -> Iterator[tuple[JudgedTurn, JudgedTurn]]:
        """Turns as they were judged, and as they are judged now; in their order."""
        waiting: deque[JudgedTurn] = deque()

        def due() -> Iterator[Turn]:
            for item in source:
                if not self._again and self._is_done(item):
                    self._advance(1)
                    continue
                waiting.append(item)
                yield item.turn

        for new in self._engine.map(due()):
            old = waiting.popleft()
            if old.turn.id not in self.stored:
                self.comparison.add(old.evaluations, new.evaluations)
                self.judged += 1
                self._advance(1)
            yield old, new

    def _is_done(self, item: JudgedTurn) -> bool:
        present = {(each.evaluator, each.revision) for each in item.evaluations}
        return set(self._engine.identities) <= present


def stored_turns(engine: Engine, query: TurnQuery) -> Iterator[JudgedTurn]:
    """Stored turns page after page, newest first."""
    cursor = None
    while True:
        with engine.connect() as connection:
            found = turns.find(connection, replace(query, cursor=cursor))
        yield from found
        if len(found) < query.limit:
            return
        cursor = turns.cursor_of(found[-1])


def rescore_stored(engine: Engine, run: Rescoring, query: TurnQuery) -> Iterator[JudgedTurn]:
    """Replace the scores of stored turns; yields each as it is stored now."""
    batch: list[JudgedTurn] = []
    for old, new in run.pairs(stored_turns(engine, query)):
        run.stored.add(old.turn.id)
        batch.append(merged(old, new))
        if len(batch) == STORED_AT_ONCE:
            yield from _save(engine, batch)
    yield from _save(engine, batch)


def merged(old: JudgedTurn, new: JudgedTurn) -> JudgedTurn:
    """The new judgements, and those of evaluators that did not judge now."""
    judging = {each.evaluator for each in new.evaluations}
    others = (each for each in old.evaluations if each.evaluator not in judging)
    return JudgedTurn(old.turn, (*new.evaluations, *others))


def _save(engine: Engine, batch: list[JudgedTurn]) -> list[JudgedTurn]:
    saved = list(batch)
    batch.clear()
    if saved:
        with engine.begin() as connection:
            turns.save(connection, saved)
    return saved
