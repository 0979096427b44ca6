"""Question, route and retrieval scores of turns, for distribution views."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from groundwire_collector.storage.tables.turns import SCORE, TURN


@dataclass(frozen=True, slots=True)
class TurnFeatures:
    """Question, route, top retrieval score and relevance of one turn."""

    question: str
    route: str
    score: float | None
    relevance: float | None


def turn_features(
    connection: Connection, service: str, since_ns: int, until_ns: int, limit: int
) -> list[TurnFeatures]:
    """The newest turns of a service in [since, until), at most `limit`."""
    c = TURN.c
    judged = (SCORE.c.turn_id == c.id) & (SCORE.c.evaluator == "retrieval")
    query = (
        select(c.question, c.facts, c.chunks, SCORE.c.value)
        .select_from(TURN.outerjoin(SCORE, judged))
        .where(c.service == service, c.started_ns >= since_ns, c.started_ns < until_ns)
        .where(*(c.facts[mark].as_boolean().is_(False) for mark in ("closed_book", "probe")))
        .order_by(c.started_ns.desc(), c.id.desc())
        .limit(limit)
    )
    return [
        TurnFeatures(row.question or "", row.facts["route"], _best(row.chunks), row.value)
        for row in connection.execute(query)
    ]


def _best(chunks: list[dict[str, object]]) -> float | None:
    """Feature of the chunk that the retriever ranked first."""
    score = chunks[0].get("score") if chunks else None
    return float(score) if isinstance(score, int | float) else None
