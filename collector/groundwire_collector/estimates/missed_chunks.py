"""Missed chunks: turns that chunks stored with other turns answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.storage import gauges, turns
from groundwire_collector.storage.estimates import MISSED_CHUNKS, StoredEstimate, newest
from groundwire_collector.storage.turns import TurnQuery
from groundwire_evaluators.grounding.chunk_search import ChunkSearch
from groundwire_evaluators.statistics import Interval, hajek
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Route, Turn

EVALUATOR = "retrieval"
HOUR_NS = 3600 * 10**9
DAY_NS = 24 * HOUR_NS
DAYS = 7
TURNS = 500  # newest ones of a service and route that are searched for
FEWEST = 30  # turns of a route, below which there is no share
ROUTES = (Route.RETRIEVAL, Route.PARAMETRIC)


@dataclass(frozen=True, slots=True)
class MissedChunks:
    """Share of a route's turns that only stored chunks answer.

    Of the route `parametric`: turns that should have retrieved. Of `retrieval`: turns whose
    retrieval missed a chunk. The interval is clustered by question. `example`: the newest such
    turn. A lower bound: chunks that no turn has retrieved are not known, nor are those that answer
    in other words.
    """

    route: Route
    value: float | None
    interval: Interval
    turns: int
    example: str | None


def missed_chunks(found: Sequence[Turn]) -> list[MissedChunks]:
    """By route, over turns newest first; all their chunks are the index.

    Price: 0.2 ms a chunk and some 0.1 ms a turn.
    """
    index = ChunkSearch(chunk.text for turn in found for chunk in turn.chunks)
    usable = [turn for turn in found if _is_usable(turn) and index.can_search(turn.question)]
    return [
        _of_route(route, index, [turn for turn in usable if turn.route is route])
        for route in ROUTES
    ]


def missed_chunk_estimates(connection: Connection, now_ns: int) -> list[StoredEstimate]:
    """Of each service with turns in the last day whose estimate is an hour old."""
    fresh = {
        each.service
        for each in newest(connection, MISSED_CHUNKS)
        if each.updated_ns > now_ns - HOUR_NS
    }
    active = gauges.last_evaluations(connection)
    services = {name for name, at in active.items() if at * 1e9 > now_ns - DAY_NS}
    return [
        _stored(service, each, now_ns)
        for service in sorted(services - fresh)
        for each in missed_chunks(_newest_turns(connection, service, now_ns))
    ]


def _newest_turns(connection: Connection, service: str, now_ns: int) -> list[Turn]:
    """The newest turns of both routes, each route's own number."""
    found = []
    for route in ROUTES:
        query = TurnQuery(
            service=service,
            since_ns=now_ns - DAYS * DAY_NS,
            facts=(("route", route.value),),
            limit=TURNS,
        )
        found += [judged.turn for judged in turns.find(connection, query)]
    return found


def _is_usable(turn: Turn) -> bool:
    diagnostic = turn.closed_book or turn.probe
    return not diagnostic and not turn.not_evaluable_reason and bool(turn.question)


def _of_route(route: Route, index: ChunkSearch, found: Iterable[Turn]) -> MissedChunks:
    missed: list[tuple[bool, str, str]] = []
    for turn in found:
        own = {chunk.text for chunk in turn.chunks}
        answering = index.find(turn.question)
        is_missed = bool(answering) and own.isdisjoint(answering)
        missed.append((is_missed, question_key(turn.question), turn.id))
    share = hajek([hit for hit, _, _ in missed], clusters=[key for _, key, _ in missed])
    known = len(missed) >= FEWEST
    return MissedChunks(
        route=route,
        value=share.value if known else None,
        interval=share.interval,
        turns=len(missed),
        example=next((turn_id for hit, _, turn_id in missed if hit), None),
    )


def _stored(service: str, each: MissedChunks, now_ns: int) -> StoredEstimate:
    return StoredEstimate(
        kind=MISSED_CHUNKS,
        service=service,
        value=each.route.value,
        reference="",
        evaluator=EVALUATOR,
        updated_ns=now_ns,
        estimate={
            "value": each.value,
            "interval": list(each.interval),
            "turns": each.turns,
            "example": each.example,
        },
        sequence={},
    )
