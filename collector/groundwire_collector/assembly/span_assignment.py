"""Assignment of spans to answers in a trace with several."""

from bisect import bisect_left
from collections.abc import Sequence

from groundwire_collector.assembly.answers import RETRIEVING, AnswerSpan
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.trace import Trace

MOST_COMPARED = 64  # answers after a retrieval that it may have served


def scopes(trace: Trace, found: Sequence[AnswerSpan]) -> list[list[SpanView]]:
    """Spans that served each answer, by start time.

    What lies below an answer is its own. What lies beside several answers goes to those whose
    prompt holds what it retrieved or asked; else to the first answer that began after it.
    """
    if len(found) < 2:
        return [list(trace.readings.values()) for _ in found]
    own = [{r.span.span_id for r in trace.subtree(answer.top)} for answer in found]
    owned = set().union(*own)
    concurrent = _ConcurrentAnswers(found)
    for reading in trace.readings.values():
        identity = reading.span.span_id
        if identity not in owned and not trace.under(reading):
            for position in concurrent.users(reading):
                own[position].add(identity)
    order = {identity: place for place, identity in enumerate(trace.readings)}
    return [[trace.readings[i] for i in sorted(ids, key=order.__getitem__)] for ids in own]


class _ConcurrentAnswers:
    """Answers by start time, with the contents of their prompts."""

    def __init__(self, found: Sequence[AnswerSpan]) -> None:
        self._found = found
        self._prompts: dict[int, str] = {}
        self._order = sorted(range(len(found)), key=lambda position: found[position].began_ns)
        self._began = [found[position].began_ns for position in self._order]

    def users(self, reading: SpanView) -> list[int]:
        """The positions of the answers that a span served."""
        first = bisect_left(self._began, reading.span.start_ns)
        if reading.kind in RETRIEVING:
            # An answer span may start before its retrieval if it contains both.
            near = self._order[max(0, first - MOST_COMPARED) : first + MOST_COMPARED]
            evidence = {position: self._evidence(reading, position) for position in sorted(near)}
            if best := max(evidence.values()):
                return [position for position, value in evidence.items() if value == best]
        later = self._order[first:]
        return [min(later, key=lambda p: (self._found[p].began_ns, p))] if later else [self._last]

    @property
    def _last(self) -> int:
        return len(self._found) - 1

    def _evidence(self, reading: SpanView, position: int) -> int:
        """Match of prompt and retrieval: 2 same query, 1 shared chunk, else 0."""
        answer = self._found[position]
        ended = (answer.calls[0] if answer.calls else answer.top).span.end_ns
        if ended and ended < reading.span.start_ns:
            return 0
        prompt = self._prompt(position)
        if reading.query and (
            reading.query in prompt or reading.query in (answer.top.question or "")
        ):
            return 2
        texts = [chunk.text for chunk in reading.documents[1]] if reading.documents else []
        return int(any(text and text in prompt for text in texts))

    def _prompt(self, position: int) -> str:
        if position not in self._prompts:
            sent = self._found[position].prompt
            self._prompts[position] = "\n".join(message.text for message in sent)
        return self._prompts[position]
