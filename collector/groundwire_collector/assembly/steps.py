"""Steps of a turn: drafts, partial answers, answers of sub-agents.

A step is a model call of the turn whose text the turn does not repeat. It is read as a turn of its
own, with the context that it had itself, so that an evaluator can judge it; it is not stored.
"""

from collections.abc import Collection, Iterable, Sequence

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import CLOSED, RETRIEVING, AnswerSpan
from groundwire_collector.assembly.integrity import LengthLimit
from groundwire_collector.assembly.span_assignment import scopes
from groundwire_collector.assembly.span_view import SpanView, same_call
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import AssembledRequest, ServedAnswer, turn_of
from groundwire_collector.assembly.value_parsing import same
from groundwire_evaluators.turn import Turn

MOST_STEPS = 64  # of one turn


def steps_of(requests: Iterable[AssembledRequest]) -> dict[str, list[Turn]]:
    """Steps by the id of their turn, in the order they began; none of a turn without steps.

    Queries that a step wrote for a retrieval are no statements, and are left out.
    """
    found: dict[str, list[Turn]] = {}
    for request in requests:
        if len(request.trace.writers) > 1:
            continue  # a step is judged by what its own key sent
        for turn, ids in request.turns:
            if steps := _of_turn(request.trace, turn, ids):
                found[turn.id] = steps
    return found


def _of_turn(trace: Trace, turn: Turn, ids: Collection[str]) -> list[Turn]:
    readings = [reading for name, reading in trace.readings.items() if name in ids]
    queries = [r.query for r in readings if r.kind in RETRIEVING and r.query]
    stated = [text for text in (turn.answer, turn.question, *queries) if text]
    calls = [r for r in _calls(trace, readings) if not _repeats(r.answer_text, stated)][:MOST_STEPS]
    if not calls:
        return []
    answers = [AnswerSpan(call, (call,), call.answer_text) for call in calls]
    limit = LengthLimit(trace)
    served = zip(answers, scopes(trace, [*answers, _last(trace, turn)]), strict=False)
    return [turn_of(ServedAnswer(trace, a, _up_to(a, scope)), limit) for a, scope in served]


def _calls(trace: Trace, readings: Sequence[SpanView]) -> list[SpanView]:
    """Model calls with a text, each once: the innermost of the spans that trace it."""
    speaking = [r for r in readings if r.kind == SpanKind.GENERATION and not r.failed]
    found: list[SpanView] = []
    for reading in reversed([r for r in speaking if r.answer_text and not _closed(trace, r)]):
        if not any(_traces(trace, reading, other) for other in found):
            found.append(reading)
    return found[::-1]


def _closed(trace: Trace, reading: SpanView) -> bool:
    return any(above.kind in CLOSED for above in trace.ancestors(reading))


def _traces(trace: Trace, reading: SpanView, other: SpanView) -> bool:
    above = any(a is reading for a in trace.ancestors(other))
    return above or same_call(reading, other)


def _repeats(text: str | None, texts: Iterable[str]) -> bool:
    return text is None or any(same(text, other) for other in texts)


def _last(trace: Trace, turn: Turn) -> AnswerSpan:
    """The turn's own answer: a retrieval between two steps may be for it."""
    answering = trace.readings[turn.span_id or ""]
    return AnswerSpan(answering, (answering,), turn.answer)


def _up_to(answer: AnswerSpan, scope: Sequence[SpanView]) -> list[SpanView]:
    """What a step had: itself, and what began before it."""
    began = answer.began_ns
    return [r for r in scope if r.span.start_ns < began or r is answer.top]
