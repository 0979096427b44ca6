"""Which spans belong to which answer, where a trace holds several."""

from collections.abc import Sequence

from groundwire_collector.assembly.answers import RETRIEVING, Answer
from groundwire_collector.assembly.reading import SpanReading
from groundwire_collector.assembly.trace import Trace


def scopes(trace: Trace, found: Sequence[Answer]) -> list[list[SpanReading]]:
    """For each answer the spans that served it, by their start.

    What lies below an answer is its own. What lies beside several answers goes to those whose
    prompt holds what it retrieved or asked; else to the first answer that began after it.
    """
    if len(found) < 2:
        return [list(trace.readings.values()) for _ in found]
    own = [{r.span.span_id for r in trace.subtree(answer.top)} for answer in found]
    for reading in trace.readings.values():
        identity = reading.span.span_id
        if any(identity in ids for ids in own) or trace.under(reading):
            continue
        for position in _users(reading, found):
            own[position].add(identity)
    return [[r for r in trace.readings.values() if r.span.span_id in ids] for ids in own]


def _users(reading: SpanReading, found: Sequence[Answer]) -> list[int]:
    if reading.kind in RETRIEVING:
        evidence = [_evidence(reading, answer) for answer in found]
        if best := max(evidence):
            return [position for position, value in enumerate(evidence) if value == best]
    later = [
        position
        for position, answer in enumerate(found)
        if answer.began_ns >= reading.span.start_ns
    ]
    return later[:1] or [len(found) - 1]


def _evidence(reading: SpanReading, answer: Answer) -> int:
    """2: the prompt asks what this retrieval was asked; 1: it holds a chunk of it; else 0."""
    ended = (answer.calls[0] if answer.calls else answer.top).span.end_ns
    if ended and ended < reading.span.start_ns:
        return 0
    prompt = "\n".join(message.text for message in answer.prompt)
    asked = answer.top.question or ""
    if reading.query and (reading.query in prompt or reading.query in asked):
        return 2
    texts = [chunk.text for chunk in reading.documents[1]] if reading.documents else []
    return int(any(text and text in prompt for text in texts))
