"""Narrow listing of turns for lists, filters and estimates."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.turns import CLAIM, SCORE, TURN_LISTING
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.evaluation import Evaluation, State, Verdict

# The bits are stored: append only.
STATES = (
    State.SCORED,
    State.REFUSAL,
    State.NO_CONTEXT,
    State.NO_CLAIMS,
    State.NOT_EVALUABLE,
    State.FAILED,
    State.NOT_SAMPLED,
)
VERDICTS = (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.NOT_A_CLAIM)
STATE_BITS = {state.value: 1 << at for at, state in enumerate(STATES)}
VERDICT_BITS = {verdict.value: 1 << at for at, verdict in enumerate(VERDICTS)}
_COPIED = (
    *("trace_id", "session_id", "service", "model_version", "prompt_version", "index_version"),
    *("started_ns", "p_unsupported"),
)


def row_of(turn_row: dict[str, Any], evaluations: Iterable[Evaluation]) -> dict[str, Any]:
    """The listing's row of a turn, from its row and its judgements."""
    facts = turn_row["facts"]
    states = verdicts = 0
    for evaluation in evaluations:
        states |= STATE_BITS[evaluation.state.value]
        for claim in evaluation.claims:
            verdicts |= VERDICT_BITS[claim.verdict.value]
    return {
        "turn_id": turn_row["id"],
        **{name: turn_row[name] for name in _COPIED},
        "diagnostic": bool(facts["closed_book"] or facts["probe"]),
        **{name: facts[name] for name in ("user_id", "route", "model", "closed_book_of")},
        "failed": facts["error"] is not None,
        "seconds": _seconds(turn_row["started_ns"], facts),
        "states": states,
        "verdicts": verdicts,
    }


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Store rows; a turn may have another start than before."""
    remove(connection, [row["turn_id"] for row in rows])
    upsert(connection, TURN_LISTING, rows)


def refresh(connection: Connection, turn_id: str) -> None:
    """Refresh the listing of a turn after a new evaluation was stored."""
    states = select(SCORE.c.state).where(SCORE.c.turn_id == turn_id)
    verdicts = select(CLAIM.c.verdict).where(CLAIM.c.turn_id == turn_id)
    row = {
        "states": _united(STATE_BITS[state] for state in connection.scalars(states)),
        "verdicts": _united(VERDICT_BITS[verdict] for verdict in connection.scalars(verdicts)),
    }
    connection.execute(update(TURN_LISTING).where(TURN_LISTING.c.turn_id == turn_id).values(row))


def remove(connection: Connection, turn_ids: Sequence[str]) -> None:
    """Take turns out of the listing."""
    for batch in batched(turn_ids):
        connection.execute(delete(TURN_LISTING).where(TURN_LISTING.c.turn_id.in_(batch)))


def _seconds(started_ns: int, facts: dict[str, Any]) -> float | None:
    """Duration of a turn; without its end that of the generation."""
    if not facts["ended_at"] or not started_ns:
        generation: float | None = facts["generation_seconds"]
        return generation
    ended = datetime.fromisoformat(facts["ended_at"])
    return max(ended.timestamp() - started_ns / 1_000_000_000, 0.0)


def _united(bits: Iterable[int]) -> int:
    found = 0
    for bit in bits:
        found |= bit
    return found
