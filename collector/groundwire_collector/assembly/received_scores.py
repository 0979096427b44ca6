"""Scores received with spans, matched to turns."""

from collections.abc import Iterator, Mapping, Sequence

from groundwire_collector.assembly.evaluation_events import (
    EXPLANATION,
    LABEL,
    NAME,
    RESPONSE_ID,
    RESULT,
    VALUE,
    evaluation_of,
)
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.turns import AssembledRequest
from groundwire_collector.storage.span import Json, Span, SpanEvent
from groundwire_collector.storage.trust import writer_of
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn

FEEDBACK = "logfire.feedback.name"  # of a span of Logfire that annotates the one above it
FEEDBACK_COMMENT = "logfire.feedback.comment"


def judgements_of(request: AssembledRequest) -> dict[str, tuple[Evaluation, ...]]:
    """Received scores of one request by turn id, newest per evaluator.

    An event belongs to the turn whose response it names, else to the one whose span carries it,
    else to the only one there is.
    """
    results = [
        (reading.span, event)
        for reading in request.trace.readings.values()
        for event in (*reading.span.events, *_annotations(reading))
        if event.name == RESULT
    ]
    if not results:
        return {}
    turns = _Turns(request.turns)
    found: dict[str, dict[str, Evaluation]] = {}
    for span, event in sorted(results, key=lambda pair: pair[1].time_ns):
        evaluation, turn = evaluation_of(event), turns.judged(span, event)
        if evaluation is not None and turn is not None and _trusts(request, turn, span):
            found.setdefault(turn.id, {})[evaluation.evaluator] = evaluation
    return {turn_id: tuple(scores.values()) for turn_id, scores in found.items()}


def _annotations(reading: SpanView) -> Iterator[SpanEvent]:
    """Scores in span attributes, converted to events."""
    for value in reading.values("annotations"):
        for item in value if isinstance(value, list) else ():
            inner = (
                item.get("annotation") or item.get("evaluation") if isinstance(item, dict) else {}
            )
            if isinstance(inner, dict):
                yield _as_event(reading, inner, inner.get("name"))
    if NAME in reading.attributes:  # a span of its own for the evaluation
        shown = {**reading.attributes}
        yield SpanEvent(name=RESULT, time_ns=reading.span.end_ns, attributes=shown)
    named = reading.attributes.get(FEEDBACK)
    if isinstance(named, str):
        value = reading.attributes.get(named)
        key = "label" if isinstance(value, str) else "score"
        comment = reading.attributes.get(FEEDBACK_COMMENT)
        yield _as_event(reading, {key: value, "explanation": comment}, named)


def _as_event(reading: SpanView, found: Mapping[str, Json], name: Json) -> SpanEvent:
    score = found.get("score")
    attributes = {
        NAME: name,
        VALUE: float(score) if isinstance(score, bool) else score,
        LABEL: found.get("label"),
        EXPLANATION: found.get("explanation"),
    }
    present = {key: value for key, value in attributes.items() if value is not None}
    return SpanEvent(name=RESULT, time_ns=reading.span.end_ns, attributes=present)


def _trusts(request: AssembledRequest, turn: Turn, span: Span) -> bool:
    """Whether the keys that wrote the answer and the score share a service."""
    if len(request.trace.writers) == 1:
        return True
    ids = next(ids for other, ids in request.turns if other.id == turn.id)
    served = [r.span for r in request.trace.readings.values() if r.span.span_id in ids]
    answering = [s for s in served if s.span_id == turn.span_id] or [
        s for s in served if s.service == turn.service
    ]
    return all(writer_of(s).trusts(writer_of(span)) for s in answering[:1])


class _Turns:
    """Turns of a request by the ids that a score may reference."""

    def __init__(self, turns: Sequence[tuple[Turn, frozenset[str]]]) -> None:
        self._only = turns[0][0] if len(turns) == 1 else None
        self._of_response: dict[str, list[Turn]] = {}
        self._of_span: dict[str, list[Turn]] = {}
        for turn, span_ids in turns:
            if turn.response_id is not None:
                self._of_response.setdefault(turn.response_id, []).append(turn)
            for span_id in span_ids:
                self._of_span.setdefault(span_id, []).append(turn)

    def judged(self, span: Span, event: SpanEvent) -> Turn | None:
        named = self._of_response.get(str(event.attributes.get(RESPONSE_ID)), [])
        if len(named) == 1:
            return named[0]
        carried = self._of_span.get(span.span_id, [])
        return carried[0] if len(carried) == 1 else self._only
