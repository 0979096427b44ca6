"""Reasons for unevaluable turns: redacted, truncated, dropped or withheld content."""

from collections.abc import Iterable, Sequence

from groundwire_collector.assembly.alias_table import AttributeSource, SpanKind
from groundwire_collector.assembly.answers import AnswerSpan
from groundwire_collector.assembly.context import RetrievalResult, RetrievedContext
from groundwire_collector.assembly.lazy_property import lazy_property
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.trace import Trace

RETURNED = ("documents", "returned")
LEAST_LIMIT = 64  # characters; no emitter's limit is below this


class LengthLimit:
    """Attribute length limit of an emitter, inferred from equal text lengths.

    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT cuts without leaving a mark; only this shows it.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def cuts(self, text: str | None) -> bool:
        """`text` ends where the limit is."""
        return text is not None and _round(len(text)) and len(text) == self.value

    @lazy_property
    def value(self) -> int | None:
        longest: dict[int, set[str]] = {}
        for reading in self._trace.readings.values():
            for value in reading.span.attributes.values():
                if isinstance(value, str) and len(value) >= LEAST_LIMIT:
                    longest.setdefault(len(value), set()).add(value)
        top = max(longest, default=0)
        return top if _round(top) and len(longest[top]) > 1 else None


def _round(length: int) -> bool:
    return length > 0 and (length % 100 == 0 or length % 64 == 0 or length % 64 == 63)


def cut_attributes(reading: SpanView, facts: Iterable[str]) -> bool:
    """Whether an attribute of these facts is marked as cut, or truncated JSON."""
    marked = reading.value("truncated")
    keys = set(marked) if isinstance(marked, dict) else set()
    return any(_is_cut(reading, source, keys) for fact in facts for source in reading.places(fact))


def _is_cut(reading: SpanView, source: AttributeSource, keys: set[str]) -> bool:
    if source.prefix:
        return any(key.startswith(source.prefix) for key in keys)
    if source.events or source.key in keys:
        return source.key in keys
    reading.unpacked(source)
    return source.key in reading.cut_keys


def reason(
    answer: AnswerSpan,
    question: str | None,
    found: Sequence[RetrievalResult],
    received: RetrievedContext,
    limit: LengthLimit,
) -> str | None:
    """Why no evaluator can judge a turn, in a sentence; None where it can."""
    return (
        _of_answer(answer, limit)
        or _of_text("question", question, limit)
        or _of_chunks(answer, found, received, limit)
    )


def _of_answer(answer: AnswerSpan, limit: LengthLimit) -> str | None:
    if answer.text is None:
        return "the answer was not sent: its emitter withholds the content of messages"
    if any(cut_attributes(r, ("answer", "output")) for r in (answer.top, *answer.calls[:1])):
        return "the answer was cut on its way"
    if answer.top.kind == SpanKind.GENERATION and (lost := answer.top.span.dropped_attributes):
        return f"{lost} attributes of the answering span were dropped by its emitter"
    return _of_text("answer", answer.text, limit)


def _of_text(what: str, text: str | None, limit: LengthLimit) -> str | None:
    spoilt = mark(text)
    if spoilt is None and limit.cuts(text):
        return f"the {what} was cut at {limit.value} characters, the limit of its emitter"
    if spoilt == "cut":
        return f"the {what} was cut on its way"
    return f"the {what} was redacted" if spoilt else None


def _of_chunks(
    answer: AnswerSpan,
    found: Sequence[RetrievalResult],
    received: RetrievedContext,
    limit: LengthLimit,
) -> str | None:
    if any(cut_attributes(call, ("documents",)) for call in answer.calls):
        return "the documents given to the model were cut on their way"
    for retrieval in found:
        dropped = retrieval.reading.span.dropped_attributes
        if dropped and retrieval.rung != "documents":
            return f"{dropped} attributes of a retrieval were dropped by its emitter"
        separate = retrieval.rung not in (None, "retriever_output")
        if cut_attributes(retrieval.reading, ("documents",) if separate else RETURNED):
            return "the retrieved documents were cut on their way"
    if any(retrieval.redacted for retrieval in found):
        return "the retrieved documents were redacted"
    for chunk in received.chunks:
        if spoilt := _of_text("text of a chunk", chunk.text, limit):
            return spoilt
    unread = next((name for r in found if (name := r.reading.text("unreadable"))), None)
    if unread and received.withheld:
        return f"what the retrieval returned ({unread}) could not be read: say where with chunks="
    if received.withheld:
        return "the text of the retrieved chunks was not sent"
    return None
