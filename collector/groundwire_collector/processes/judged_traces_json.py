"""Judged traces as JSON, between judging workers and the leader."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from groundwire_collector.assembly.unanswered import NoTurnReason, UnansweredTrace
from groundwire_collector.processes.trace_judge import JudgedTraces, RequestParts
from groundwire_collector.storage import turns
from groundwire_collector.storage.trace_fragments import FragmentRole, TraceFragment


def encoded(found: JudgedTraces) -> dict[str, Any]:
    """JSON-able form."""
    return {
        "judged": [turns.to_rows(item) for item in found.judged],
        "requests": [
            {
                "trace_ids": sorted(request.trace_ids),
                "spans": sorted(request.spans),
                "turn_ids": request.turn_ids,
            }
            for request in found.requests
        ],
        "pieces": [
            {**asdict(piece), "links": sorted(link.hex() for link in piece.links)}
            for piece in found.pieces
        ],
        "unanswered": [asdict(trace) for trace in found.unanswered],
        "answered": sorted(found.answered),
    }


def decoded(body: dict[str, Any], trace_ids: Collection[str]) -> JudgedTraces:
    """The judged traces of `encoded`, without what belongs to other traces than `trace_ids`."""
    requests = [_request(one) for one in body["requests"]]
    requests = [request for request in requests if request.trace_ids <= set(trace_ids)]
    held = {turn_id for request in requests for turn_id in request.turn_ids}
    present = {name for request in requests for name in request.trace_ids}
    return JudgedTraces(
        judged=[turns.from_rows(*rows) for rows in body["judged"] if rows[0]["id"] in held],
        requests=requests,
        pieces=[_piece(one) for one in body["pieces"] if one["trace_id"] in present],
        unanswered=[
            trace
            for trace in map(_unanswered, body["unanswered"])
            if present >= set(trace.trace_ids)
        ],
        answered=present & set(body["answered"]),
    )


def _request(one: dict[str, Any]) -> RequestParts:
    return RequestParts(
        frozenset(one["trace_ids"]),
        frozenset((trace_id, span_id) for trace_id, span_id in one["spans"]),
        tuple(one["turn_ids"]),
    )


def _piece(one: dict[str, Any]) -> TraceFragment:
    links = frozenset(bytes.fromhex(link) for link in one["links"])
    return TraceFragment(**{**one, "links": links, "roles": FragmentRole(one["roles"])})


def _unanswered(one: dict[str, Any]) -> UnansweredTrace:
    tuples = {name: tuple(one[name]) for name in ("scopes", "unread", "trace_ids")}
    return UnansweredTrace(**{**one, **tuples, "reason": NoTurnReason(one["reason"])})
