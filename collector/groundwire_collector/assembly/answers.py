"""Which spans of a trace answered: one answer is one turn.

The rule in one sentence: an answer that feeds nothing is an answer to the user. What a model said
may feed a retrieval (a rewritten question), a further prompt (a draft, a partial answer) or be what
an enclosing chain, agent or turn says; then it is no turn of its own. See
docs/decisions/0030-which-span-answers.md.
"""

from dataclasses import dataclass

from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.reading import SPEAKING, SpanReading
from groundwire_collector.assembly.shapes import Message, messages, same
from groundwire_collector.assembly.trace import Trace

RETRIEVING = frozenset({SpanKind.RETRIEVAL, SpanKind.RERANK})
SHORT = 12  # code points; a shorter text is found in other texts by chance
CLOSED = frozenset({SpanKind.JUDGE, SpanKind.EMBEDDING, SpanKind.SERVER})


@dataclass(slots=True)
class Answer:
    """An answering span, and the generation whose words it says (itself, where it is one)."""

    top: SpanReading
    generation: SpanReading | None
    text: str | None  # None: the emitter withheld it


def answers(trace: Trace) -> list[Answer]:
    """The answers to users, by the start of their spans."""
    found = [answer for root in trace.roots for answer in _within(trace, root)]
    final = _unfed(trace, found)
    if not final:
        final = [answer for root in trace.roots if (answer := _unaided(trace, root))]
    return sorted(final, key=lambda answer: answer.top.span.start_ns)


def _within(trace: Trace, reading: SpanReading) -> list[Answer]:
    """The answers in a subtree that feed nothing inside it."""
    if reading.kind in CLOSED:
        return []
    below = [a for child in trace.under(reading) for a in _within(trace, child)]
    final = _unfed(trace, below)
    if reading.kind == SpanKind.GENERATION:
        return _of_generation(reading, final)
    if reading.kind in SPEAKING:
        return _of_speaker(reading, final)
    return final


def _of_generation(reading: SpanReading, final: list[Answer]) -> list[Answer]:
    """One call is often traced twice, by a framework and by its client: once is enough."""
    if reading.failed:
        return final
    if reading.said is not None:
        inner = final[-1].generation if final else None
        return [Answer(reading, inner or reading, reading.said)]
    if final:
        return [Answer(reading, final[-1].generation, final[-1].text)]
    return [] if _calls_tools(reading) else [Answer(reading, reading, None)]


def _of_speaker(reading: SpanReading, final: list[Answer]) -> list[Answer]:
    text = None if reading.failed else reading.said
    if reading.kind == SpanKind.TURN:
        return [Answer(reading, _speaker_of(text, final), text)] if text else final
    if text is None or not final:
        return final
    echoed = [answer for answer in final if answer.text and same(answer.text, text)]
    if len(final) > 1 and not echoed:  # holds several answers, is none: a batch
        return final
    return [Answer(reading, _speaker_of(text, final), text)]


def _speaker_of(text: str | None, final: list[Answer]) -> SpanReading | None:
    """Whose words a chain says: those of the answer it repeats, else of the last."""
    repeated = [a for a in final if text and a.text and same(a.text, text)]
    chosen = (repeated or final)[-1:]
    return chosen[0].generation if chosen else None


def _unaided(trace: Trace, root: SpanReading) -> Answer | None:
    """An answer without any traced generation: a root that retrieved, and says more than that."""
    if root.kind not in SPEAKING or root.failed or root.said is None or root.question is None:
        return None
    below = list(trace.subtree(root))
    if any(r.kind == SpanKind.GENERATION for r in below):
        return None
    retrieved = [r.documents[1] for r in below if r.kind in RETRIEVING and r.documents]
    texts = [chunk.text for chunks in retrieved for chunk in chunks]
    if not retrieved or any(text and text in root.said for text in texts):
        return None
    return Answer(root, None, root.said)


def _unfed(trace: Trace, found: list[Answer]) -> list[Answer]:
    if len(found) < 2:
        return found
    queries = [q for r in trace.readings.values() if r.kind in RETRIEVING and (q := r.query)]
    return [answer for answer in found if not _feeds(answer, found, queries)] or found[-1:]


def _feeds(answer: Answer, found: list[Answer], queries: list[str]) -> bool:
    if answer.text is None or answer.top.kind == SpanKind.TURN:
        return False
    if any(same(answer.text, query) for query in queries):
        return True
    return any(
        other is not answer
        and other.generation is not None
        and other.top.span.start_ns >= answer.top.span.start_ns
        and _used(answer.text, other.generation.prompt)
        for other in found
    )


def _used(text: str, prompt: list[Message]) -> bool:
    """Stands in a later prompt, other than as the history of a conversation that went on."""
    for position, message in enumerate(prompt):
        inside = text in message.text if len(text) >= SHORT else same(text, message.text)
        if not inside:
            continue
        went_on = any(later.role == "user" for later in prompt[position + 1 :])
        if message.role != "assistant" or not went_on:
            return True
    return False


def _calls_tools(reading: SpanReading) -> bool:
    return any(m.calls for value in reading.values("answer") for m in messages(value))
