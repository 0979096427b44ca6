"""Batch of judged turns, and what takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn, StoredOutcome
from groundwire_evaluators.turn import Turn


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """Judged turns of one transaction.

    `new` are counted for the first time, `again` those of them that grew after they were counted.
    `before` and `outcomes`: those stored earlier, as they were, by id. `increments` are added to
    the counters at the end.
    """

    judged: Sequence[JudgedTurn]
    new: Sequence[JudgedTurn]
    again: Sequence[JudgedTurn]
    before: Mapping[str, Turn]
    outcomes: Mapping[str, StoredOutcome]
    now_ns: int
    increments: Increments = field(default_factory=Increments)

    @property
    def first_scored(self) -> list[JudgedTurn]:
        """Turns that grew and have their probability only now: no detector has seen them."""
        return [item for item in self.again if self._lacked_score(item)]

    def _lacked_score(self, item: JudgedTurn) -> bool:
        before = self.outcomes.get(item.turn.id)
        lacked = before is not None and before.p_unsupported is None
        return lacked and item.p_unsupported is not None


class BatchConsumer(Protocol):
    """Takes each batch in the worker's transaction, in a fixed order.

    An error rolls all of the batch back.
    """

    def take(self, batch: JudgedBatch, connection: Connection, /) -> None: ...
