"""Judged batches, handed from judging workers to the leader.

A batch and the settlement of its traces are one transaction, and so are its counting and its
deletion: whoever is killed in between, each judgement is counted once.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from groundwire_collector.storage import contents
from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.turns import JUDGED_BATCH, JUDGED_TRACE


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A stored judged batch; `trace_ids`: those not forgotten since."""

    id: int
    body: Any  # JSON
    trace_ids: frozenset[str]


def put(connection: Connection, body: Any, trace_ids: Collection[str], now_ns: int) -> None:
    """Store a batch.

    Raises:
        IntegrityError: one of its traces is in another batch that is not counted yet.
    """
    packed = contents.compress(json.dumps(body, separators=(",", ":")).encode())
    stored = insert(JUDGED_BATCH).values(stored_ns=now_ns, body=packed)
    batch_id = connection.execute(stored.returning(JUDGED_BATCH.c.id)).scalar_one()
    rows = [{"trace_id": name, "batch_id": batch_id} for name in sorted(trace_ids)]
    if rows:
        connection.execute(insert(JUDGED_TRACE), rows)


def oldest(connection: Connection, limit: int) -> list[StoredBatch]:
    """The batches that wait longest, in the order of their ids."""
    query = select(JUDGED_BATCH.c.id, JUDGED_BATCH.c.body).order_by(JUDGED_BATCH.c.id).limit(limit)
    rows = connection.execute(query).all()
    traces: dict[int, set[str]] = {row.id: set() for row in rows}
    of_batches = select(JUDGED_TRACE).where(JUDGED_TRACE.c.batch_id.in_(traces))
    for trace_id, batch_id in connection.execute(of_batches):
        traces[batch_id].add(trace_id)
    return [
        StoredBatch(row.id, json.loads(contents.expand(row.body)), frozenset(traces[row.id]))
        for row in rows
    ]


def delete_counted(connection: Connection, ids: Sequence[int]) -> int:
    """Delete batches that are counted; returns how many were there."""
    connection.execute(delete(JUDGED_TRACE).where(JUDGED_TRACE.c.batch_id.in_(ids)))
    return connection.execute(delete(JUDGED_BATCH).where(JUDGED_BATCH.c.id.in_(ids))).rowcount


def waiting(connection: Connection, trace_ids: Collection[str]) -> set[str]:
    """Those of the traces that are judged and not counted yet."""
    found: set[str] = set()
    for batch in batched(sorted(trace_ids)):
        query = select(JUDGED_TRACE.c.trace_id).where(JUDGED_TRACE.c.trace_id.in_(batch))
        found.update(connection.scalars(query))
    return found


def forget(connection: Connection, trace_ids: Collection[str]) -> None:
    """Forget traces: what was judged of them is not stored when their batch is counted."""
    connection.execute(delete(JUDGED_TRACE).where(JUDGED_TRACE.c.trace_id.in_(list(trace_ids))))
