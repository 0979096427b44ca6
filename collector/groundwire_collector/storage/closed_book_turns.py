"""Sampled turns with pending and finished closed-book calls."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from groundwire_collector.storage.tables.reliance import CLOSED_BOOK_TURN
from groundwire_collector.storage.upsert import insert_missing, upsert
from groundwire_evaluators.reliance.memorization import ClosedBookComparison, RelianceCell
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBookTurn:
    """A sampled turn; `cell` is None while its closed-book call is pending."""

    turn_id: str
    service: str
    model_version: str | None
    prompt_version: str | None
    sampled_ns: int
    probability: float
    cell: str | None = None
    diagnostic: bool = False
    memory_strength: float = 0.0
    cluster: str = ""

    @property
    def comparison(self) -> ClosedBookComparison:
        """Input of the estimate; raises ValueError if the call is pending."""
        return ClosedBookComparison(
            cell=RelianceCell(self.cell or ""),
            diagnostic=self.diagnostic,
            memory_strength=self.memory_strength,
            probability=self.probability,
            cluster=self.cluster,
        )


def enqueue(connection: Connection, turns: Iterable[ClosedBookTurn]) -> None:
    """Queue turns for a closed-book call; existing entries are unchanged."""
    insert_missing(connection, CLOSED_BOOK_TURN, [asdict(turn) for turn in turns])


def waiting(connection: Connection, limit: int = 1) -> list[ClosedBookTurn]:
    """Pending turns, oldest first."""
    query = select(CLOSED_BOOK_TURN).where(CLOSED_BOOK_TURN.c.cell.is_(None))
    return _read(connection, query.order_by(CLOSED_BOOK_TURN.c.sampled_ns).limit(limit))


def still_waits(connection: Connection, turn_id: str) -> bool:
    """Whether the call is still needed: not deleted, not made by the application."""
    query = select(CLOSED_BOOK_TURN.c.turn_id).where(
        CLOSED_BOOK_TURN.c.turn_id == turn_id, CLOSED_BOOK_TURN.c.cell.is_(None)
    )
    return connection.scalar(query) is not None


def of_turn(connection: Connection, turn_id: str) -> ClosedBookTurn | None:
    """The closed-book comparison of a turn, pending or finished."""
    query = select(CLOSED_BOOK_TURN).where(CLOSED_BOOK_TURN.c.turn_id == turn_id)
    return next(iter(_read(connection, query)), None)


def is_answered(connection: Connection, turn_id: str) -> bool:
    """Whether a closed-book answer exists, from whatever caller."""
    query = select(CLOSED_BOOK_TURN.c.turn_id).where(
        CLOSED_BOOK_TURN.c.turn_id == turn_id, CLOSED_BOOK_TURN.c.cell.is_not(None)
    )
    return connection.scalar(query) is not None


def put(connection: Connection, turns: Sequence[ClosedBookTurn]) -> None:
    upsert(connection, CLOSED_BOOK_TURN, [asdict(turn) for turn in turns])


def give_up(connection: Connection, turn_ids: Collection[str]) -> None:
    """Remove turns from the sample without a result."""
    unanswered = CLOSED_BOOK_TURN.c.turn_id.in_(list(turn_ids)) & CLOSED_BOOK_TURN.c.cell.is_(None)
    connection.execute(delete(CLOSED_BOOK_TURN).where(unanswered))


def answered(
    connection: Connection,
    services: frozenset[str] | None = None,
    service: str | None = None,
    model_version: str | None = None,
    since_ns: int | None = None,
    limit: int = 50_000,
) -> list[ClosedBookTurn]:
    """Newest turns with a closed-book answer; `services`: those of the key."""
    c = CLOSED_BOOK_TURN.c
    query = select(CLOSED_BOOK_TURN).where(c.cell.is_not(None))
    if services is not None:
        query = query.where(c.service.in_(services))
    if service is not None:
        query = query.where(c.service == service)
    if model_version is not None:
        query = query.where(c.model_version == model_version)
    if since_ns is not None:
        query = query.where(c.sampled_ns >= since_ns)
    return _read(connection, query.order_by(c.sampled_ns.desc()).limit(limit))


def _read(connection: Connection, query: Select[Any]) -> list[ClosedBookTurn]:
    names = [field.name for field in fields(ClosedBookTurn)]
    rows = connection.execute(query).mappings()
    return [ClosedBookTurn(**{name: row[name] for name in names}) for row in rows]


def sampled(turn: Turn, probability: float, now_ns: int) -> ClosedBookTurn:
    """Pending closed-book turn; equal questions form one cluster."""
    question = question_key(turn.question).encode()
    return ClosedBookTurn(
        turn_id=turn.id,
        service=turn.service,
        model_version=turn.model_version,
        prompt_version=turn.prompt_version,
        sampled_ns=now_ns,
        probability=probability,
        cluster=hashlib.sha256(question).hexdigest()[:16],
    )


def by_version(
    answered: Iterable[ClosedBookTurn],
) -> dict[tuple[str, str | None], list[ClosedBookComparison]]:
    """Closed-book results by service and model_version."""
    found: dict[tuple[str, str | None], list[ClosedBookComparison]] = {}
    for turn in answered:
        found.setdefault((turn.service, turn.model_version), []).append(turn.comparison)
    return found
