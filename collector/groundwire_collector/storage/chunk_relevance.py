"""Chunk relevance labels per turn, for retrieval precision and recall."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from groundwire_collector.storage import labels
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.turns import TURN

NEWEST = 5000  # labels


@dataclass(frozen=True, slots=True)
class JudgedRetrieval:
    """Ranked chunk names of a turn and their relevance labels.

    Names that are none of the turn's were not retrieved.
    """

    turn_id: str
    trace_id: str
    service: str
    index_version: str
    retrieved: tuple[str, ...]
    relevant: dict[str, bool]
    probability: float | None
    question: str | None = None


def judged_retrievals(
    connection: Connection, services: frozenset[str] | None = None, service: str | None = None
) -> list[JudgedRetrieval]:
    """Majority relevance per chunk, from the newest labels; ties are undecided."""
    query = select(LABEL).where(LABEL.c.relevant.is_not(None))
    if services is not None:
        query = query.where(LABEL.c.service.in_(services))
    if service is not None:
        query = query.where(LABEL.c.service == service)
    query = query.order_by(LABEL.c.id.desc()).limit(NEWEST)
    found = [labels.label_of(row) for row in connection.execute(query).mappings()]
    by_turn: dict[str, list[Label]] = {}
    for label in labels.current(found):
        by_turn.setdefault(label.turn_id, []).append(label)
    turns: list[JudgedRetrieval] = []
    for batch in batched(sorted(by_turn)):
        c = TURN.c
        columns = (c.id, c.trace_id, c.service, c.index_version, c.chunks, c.question)
        for row in connection.execute(select(*columns).where(c.id.in_(batch))):
            mine = by_turn[row.id]
            turns.append(
                JudgedRetrieval(
                    turn_id=row.id,
                    trace_id=row.trace_id,
                    service=row.service,
                    index_version=row.index_version or "",
                    retrieved=_ranked(row.chunks),
                    relevant=_votes(mine),
                    probability=next((m.probability for m in mine if m.probability), None),
                    question=row.question,
                )
            )
    return turns


def _ranked(chunks: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """In the order of their ranks, where there are some, else as they came."""
    places = [
        (chunk["rank"] if chunk["rank"] is not None else at, at, chunk["id"] or f"#{at}")
        for at, chunk in enumerate(chunks)
    ]
    return tuple(name for _, _, name in sorted(places))


def _votes(mine: Iterable[Label]) -> dict[str, bool]:
    balance: dict[str, int] = {}
    for label in mine:
        if label.chunk_id is not None:
            balance[label.chunk_id] = balance.get(label.chunk_id, 0) + (1 if label.relevant else -1)
    return {name: votes > 0 for name, votes in balance.items() if votes}
