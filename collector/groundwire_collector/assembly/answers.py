"""Answer spans of a trace: one answer is one turn.

The rule in one sentence: an answer that feeds nothing is an answer to the user. What a model said
may feed a retrieval (a rewritten question), a further prompt (a draft, a partial answer) or be what
an enclosing chain, agent or turn says; then it is no turn of its own. See
docs/explanation/turns.md.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.documents import chunks as documents
from groundwire_collector.assembly.span_view import SPEAKING, SpanView, same_call
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.value_parsing import Message, are_messages, messages, same
from groundwire_collector.storage.span import Span

RETRIEVING = frozenset({SpanKind.RETRIEVAL, SpanKind.RERANK})
_FOR_A_TOOL = re.compile(r"(?:tool|function)[_ -]?(?:call|use)", re.IGNORECASE)
SHORT = 12  # code points; a shorter text is found in other texts by chance
MOST_NESTED = 8  # limit on spans of one call, innermost first
MOST_COMPARED = 20_000  # limit on compared pairs of answers in a trace
LEAST_COMPARED = 8  # later answers that each is compared with, however many there are
_STEPS_BELOW_AN_ANSWER = frozenset(
    {SpanKind.GENERATION, SpanKind.RETRIEVAL, SpanKind.RERANK, SpanKind.TOOL}
)
CLOSED = frozenset({SpanKind.JUDGE, SpanKind.EMBEDDING, SpanKind.SERVER})


@dataclass(slots=True)
class AnswerSpan:
    """Outermost span with the answer, and the model call's spans below it.

    One call is often traced more than once, by a framework and by its client: `calls` has them
    leaf-most first, and is empty for a model that is not traced. `text` None: it was withheld.
    """

    top: SpanView
    calls: tuple[SpanView, ...]
    text: str | None
    nested: bool = False  # of a run that another run of the trace started

    @property
    def began_ns(self) -> int:
        return (self.calls[0] if self.calls else self.top).span.start_ns

    @property
    def prompt(self) -> list[Message]:
        if not self.calls:
            return self.top.transcript
        return next((call.prompt for call in self.calls if call.prompt), [])

    @property
    def variables(self) -> dict[str, Any]:
        return next((call.variables for call in self.calls if call.variables), {})

    @property
    def span(self) -> Span:
        """Span that identifies the answer: a marked turn's, else the model call's.

        Not the outermost: that one ends last, may come minutes late or never.
        """
        if self.top.kind == SpanKind.TURN or not self.calls:
            return self.top.span
        speaking = [call for call in self.calls if call.answer_text is not None]
        return (speaking or self.calls)[0].span


def answers(trace: Trace) -> list[AnswerSpan]:
    """The answers to users, by the start of their spans."""
    queries = {
        " ".join(query.split())
        for reading in trace.readings.values()
        if reading.kind in RETRIEVING and (query := reading.query)
    }
    within = _within(trace, queries)
    final = _unfed([within[root.span.span_id] for root in trace.roots], queries)
    if not final:
        final = [answer for root in trace.roots for answer in _unaided(trace, root)]
    return sorted(final, key=lambda answer: answer.top.span.start_ns)


def _within(trace: Trace, queries: set[str]) -> dict[str, list[AnswerSpan]]:
    """Answers in each subtree that feed nothing inside it, bottom-up by span id."""
    found: dict[str, list[AnswerSpan]] = {}
    for reading in reversed([r for root in trace.roots for r in trace.subtree(root)]):
        below = [found.pop(child.span.span_id) for child in trace.under(reading)]
        answers = _of_span(reading, below, queries)
        if reading.span.parent_span_id in trace.readings and reading.flag("is_nested"):
            answers = [replace(answer, nested=True) for answer in answers]
        found[reading.span.span_id] = answers
    return found


def _of_span(
    reading: SpanView, below: list[list[AnswerSpan]], queries: set[str]
) -> list[AnswerSpan]:
    if reading.kind in CLOSED:
        return []
    final = _unfed(below, queries)
    if reading.kind == SpanKind.GENERATION:
        return _of_generation(reading, final)
    if reading.kind in SPEAKING:
        return _of_speaker(reading, final)
    return final


def _of_generation(reading: SpanView, final: list[AnswerSpan]) -> list[AnswerSpan]:
    if reading.failed:
        return final
    calls = (*(final[-1].calls[:MOST_NESTED] if final else ()), reading)
    if reading.answer_text is not None:
        return [AnswerSpan(reading, calls, reading.answer_text)]
    if final:
        return [AnswerSpan(reading, calls, final[-1].text)]
    return [] if calls_tools(reading) else [AnswerSpan(reading, calls, None)]


def _of_speaker(reading: SpanView, final: list[AnswerSpan]) -> list[AnswerSpan]:
    if reading.kind == SpanKind.TURN:
        return _of_turn(reading, final)
    text = reading.answer_text if final and not reading.failed else None
    if text is None or _holds_several(text, final):
        return final
    return [AnswerSpan(reading, _calls(text, final), text)]


def _of_turn(reading: SpanView, final: list[AnswerSpan]) -> list[AnswerSpan]:
    """A marked turn is a turn whatever lies below it; one that failed before it spoke is none."""
    text = reading.answer_text
    inner = [answer for answer in final if answer.top.kind == SpanKind.TURN]
    if _holds_several(text, inner) or (text is None and inner):
        return final
    if text is None:
        if reading.failed or not final:
            return []
        text = final[-1].text
    return [AnswerSpan(reading, _calls(text, final), text)]


def _holds_several(text: str | None, final: list[AnswerSpan]) -> bool:
    """Several distinct answers below: a batch, not an answer itself."""
    return len(final) > 1 and not any(text and a.text and same(a.text, text) for a in final)


def _calls(text: str | None, final: list[AnswerSpan]) -> tuple[SpanView, ...]:
    """Model call of a chain: the one whose answer it repeats, else the last."""
    repeated = [a for a in final if text and a.text and same(a.text, text)]
    chosen = (repeated or final)[-1:]
    return chosen[0].calls if chosen else ()


def _unaided(trace: Trace, reading: SpanView) -> list[AnswerSpan]:
    """Answer of the uppermost step with question and answer, where no model call is traced.

    Of several steps side by side the last one gave the answer.
    """
    if _answers_unaided(trace, reading):
        return [AnswerSpan(reading, (), reading.answer_text or reading.only_answer)]
    if reading.kind in CLOSED or reading.kind in _STEPS_BELOW_AN_ANSWER:
        return []
    below = [answer for child in trace.under(reading) for answer in _unaided(trace, child)]
    return below[-1:]


def _answers_unaided(trace: Trace, reading: SpanView) -> bool:
    # A service that retrieves and generates in one call is a retrieval that names a model.
    both = reading.kind == SpanKind.RETRIEVAL and reading.text("response_model") is not None
    text = reading.answer_text or reading.only_answer
    question = reading.question or reading.query or reading.only_question
    if not (both or reading.kind in SPEAKING) or reading.failed:
        return False
    if not text or not (reading.has_question or question):
        return False
    below = list(trace.subtree(reading))
    if any(r.kind == SpanKind.GENERATION and not r.failed for r in below):
        return False
    retrieved = [r.documents[1] for r in below if r.kind in RETRIEVING and r.documents]
    found = [chunk.text for chunks in retrieved for chunk in chunks]
    kinds = {r.kind for r in below}
    indexing = SpanKind.EMBEDDING in kinds and not kinds & RETRIEVING
    if indexing or (both and not retrieved):
        return False
    handed_on = any(chunk and chunk in text for chunk in found) or bool(
        question and same(text, question)
    )
    return not handed_on and not _returns_documents(reading)


def _returns_documents(reading: SpanView) -> bool:
    """Whether the output is a list of what a retrieval found."""
    for value in reading.values("output"):
        found = documents(value) if isinstance(value, list) and not are_messages(value) else None
        if found and all(chunk.text and (chunk.id or chunk.metadata) for chunk in found):
            return True
    return False


def _unfed(groups: list[list[AnswerSpan]], queries: set[str]) -> list[AnswerSpan]:
    """Answers of several subtrees that feed no other answer and no retrieval."""
    groups = [group for group in groups if group]
    outer = [[answer for answer in group if not answer.nested] for group in groups]
    groups = [group for group in outer if group] or groups
    if len(groups) < 2:
        return groups[0] if groups else []  # already separated further down
    found = _once([answer for group in groups for answer in group])
    if len(found) < 2:
        return found
    later = sorted(found, key=lambda answer: answer.began_ns)
    compared = max(LEAST_COMPARED, MOST_COMPARED // len(later))
    places = {id(answer): place for place, answer in enumerate(later)}
    answers = []
    for answer in found:
        place = places[id(answer)]
        first = place
        while first and later[first - 1].began_ns == answer.began_ns and place - first < compared:
            first -= 1
        if not _feeds(answer, later[first : place + compared], queries):
            answers.append(answer)
    return answers or found[-1:]


def _once(found: list[AnswerSpan]) -> list[AnswerSpan]:
    """Deduplicate answers whose call several instrumentations traced."""
    answers: list[AnswerSpan] = []
    by_mark: dict[str, list[AnswerSpan]] = {}
    for answer in found:
        marks = _marks(answer)
        alike = answers[-LEAST_COMPARED:]  # at one time, whatever they have in common
        alike += [other for mark in marks for other in by_mark.get(mark, ())[-LEAST_COMPARED:]]
        twin = next((other for other in alike if _twins(answer, other)), None)
        if twin is None:
            answers.append(answer)
            for mark in marks:
                by_mark.setdefault(mark, []).append(answer)
        else:
            twin.calls = (*twin.calls, *answer.calls)
            twin.text = twin.text or answer.text
    return answers


def _marks(answer: AnswerSpan) -> set[str]:
    """Keys that identify duplicate traces of a call: response id, text or prompt."""
    found = set()
    for call in answer.calls:
        found |= {f"response {call.text('response_id')}", f"said {call.answer_text}"}
        if prompt := call.prompt:
            found.add(f"prompt {prompt[-1].text}")
    return found


def _twins(one: AnswerSpan, other: AnswerSpan) -> bool:
    return any(
        same_call(a, b) or _reports_end(a, b) or _reports_end(b, a)
        for a in one.calls
        for b in other.calls
    )


def _reports_end(later: SpanView, call: SpanView) -> bool:
    """Whether `later` reports the end of `call`, which ended before streaming."""
    return (
        later.answer_text is not None
        and call.answer_text is None
        and later.span.scope == call.span.scope
        and later.span.start_ns >= call.span.end_ns
        and bool(later.prompt)
        and later.prompt == call.prompt
    )


def _feeds(answer: AnswerSpan, found: list[AnswerSpan], queries: set[str]) -> bool:
    if answer.text is None:
        return False
    if queries and " ".join(answer.text.split()) in queries:
        return True
    return any(
        other is not answer
        and other.began_ns >= answer.began_ns
        and _used(answer.text, other.prompt)
        for other in found
    )


def _used(text: str, prompt: list[Message]) -> bool:
    """Whether an answer appears in a later prompt other than as history."""
    for position, message in enumerate(prompt):
        inside = text in message.text if len(text) >= SHORT else same(text, message.text)
        if not inside:
            continue
        went_on = any(later.role == "user" for later in prompt[position + 1 :])
        if message.role != "assistant" or not went_on:
            return True
    return False


def calls_tools(reading: SpanView) -> bool:
    """Whether a model call answered by asking for a tool, as its message or its end says."""
    if any(m.calls for value in reading.values("answer") for m in messages(value)):
        return True
    ends = (str(value) for value in reading.values("finish_reason"))
    return reading.answer_text is None and any(_FOR_A_TOOL.search(end) for end in ends)
