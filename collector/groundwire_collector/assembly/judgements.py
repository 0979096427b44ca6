"""Scores that came with the spans: whose turn each belongs to."""

from collections.abc import Sequence

from groundwire_collector.assembly.evaluation_events import RESPONSE_ID, RESULT, evaluation_of
from groundwire_collector.assembly.turns import Request
from groundwire_collector.span import Span, SpanEvent
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn


def judgements_of(request: Request) -> dict[str, tuple[Evaluation, ...]]:
    """The scores from elsewhere in one request, by turn id; each evaluator's last.

    An event belongs to the turn whose response it names, else to the one whose span carries it,
    else to the only one there is.
    """
    spans = [reading.span for reading in request.trace.readings.values()]
    told = [(span, event) for span in spans for event in span.events if event.name == RESULT]
    found: dict[str, dict[str, Evaluation]] = {}
    for span, event in sorted(told, key=lambda pair: pair[1].time_ns):
        evaluation, turn = evaluation_of(event), _judged(request.turns, span, event)
        if evaluation is not None and turn is not None:
            found.setdefault(turn.id, {})[evaluation.evaluator] = evaluation
    return {turn_id: tuple(given.values()) for turn_id, given in found.items()}


def _judged(
    turns: Sequence[tuple[Turn, frozenset[str]]], span: Span, event: SpanEvent
) -> Turn | None:
    response = event.attributes.get(RESPONSE_ID)
    named = [turn for turn, _ in turns if response is not None and turn.response_id == response]
    if len(named) == 1:
        return named[0]
    carried = [turn for turn, span_ids in turns if span.span_id in span_ids]
    if len(carried) == 1:
        return carried[0]
    return turns[0][0] if len(turns) == 1 else None
