"""Retrieved context of a turn, from the most reliable source available.

The rungs, best first; the name of the one that gave the chunks is the turn's `context_source`:

- `documents`: one structured attribute with the documents,
- `flattened_documents`: numbered attributes, a few for each document,
- `span_events`: one event a document, of a vector store's instrumentation,
- `retriever_output`: the raw output of a span that is a retrieval,
- `function_output`: what a traced function returned that looks like documents,
- `tool_result`: what tools returned, where nothing was retrieved,
- `prompt_variable`: the `context` variable of the prompt's template,
- `prompt_context`: the parts of the prompt that are marked as context,
- `prompt`: the prompt itself as one opaque chunk, where documents came without text,
- `earlier_turns`: what earlier turns of the session retrieved, in the prompt again.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from groundwire.reading.records import PROSE_WORDS
from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, AnswerSpan
from groundwire_collector.assembly.documents import chunks as chunks_of
from groundwire_collector.assembly.documents import completed
from groundwire_collector.assembly.prompt_parts import divided, earlier, split
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.value_parsing import (
    Message,
    are_messages,
    parse_answer,
    same,
    try_unpack,
)
from groundwire_evaluators.turn import Chunk

CONTEXT_VARIABLES = ("context", "contexts", "documents", "docs", "chunks", "passages", "sources")
CONTEXT_OUTPUTS = (*CONTEXT_VARIABLES, "source_documents", "retrieved_documents", "search_results")
NAMED_RETRIEVAL = re.compile(r"retriev|search|fetch|look_?up|context|similar", re.I)
TOOL_ROLES = ("tool", "function")
LEAST_PROMPT_WORDS = 16  # of one sentence; a shorter one is a question without context
SENTENCE_END = re.compile(r"[.!?:;]\s|\n")
SEPARATORS = (re.compile(r"\n\s*-{3,}\s*\n"), re.compile(r"\n\s*\n+"), re.compile(r"\n"))


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Chunks of one retrieval or reranker, with their source; None: not reported."""

    reading: SpanView
    rung: str | None
    chunks: tuple[Chunk, ...] | None

    @property
    def redacted(self) -> bool:
        """Whether documents, or the text of one, were replaced by a redaction mark."""
        if self.chunks is not None:
            return any(mark(chunk.text) == "redacted" for chunk in self.chunks)
        values = (*self.reading.values("documents"), *self.reading.values("returned"))
        return any(isinstance(value, str) and mark(value) == "redacted" for value in values)

    @property
    def has_text(self) -> bool:
        return self.chunks is not None and all(chunk.text.strip() for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class RetrievedContext:
    """Judged `chunks`; `withheld`: a retrieval did not report what it found."""

    chunks: tuple[Chunk, ...] = ()
    rung: str | None = None
    withheld: bool = False


def retrievals(trace: Trace, readings: Sequence[SpanView]) -> list[RetrievalResult]:
    """Retrievals among spans, nested ones once, with the reranker's result."""
    typed = [r for r in readings if r.kind in RETRIEVING]
    found = _outermost(trace, [_retrieval(trace, r) for r in typed if not r.failed])
    reranked = [r for r in found if r.reading.kind == SpanKind.RERANK and r.chunks is not None]
    if reranked:  # they took the chunks of those before them, and gave their own choice
        last = max(r.reading.span.start_ns for r in reranked)
        found = [
            r
            for r in found
            if r.reading.kind == SpanKind.RERANK or r.reading.span.start_ns > last
            if r.chunks is not None or r.reading.kind != SpanKind.RERANK
        ]
    if not typed:
        return list(_untyped(trace, readings))
    return _documents_of_ancestors(trace, readings, found)


def _documents_of_ancestors(
    trace: Trace, readings: Sequence[SpanView], found: list[RetrievalResult]
) -> list[RetrievalResult]:
    """Documents from an enclosing function, for a retrieval without chunks."""
    silent = [r for r in found if r.chunks is None]
    if not silent:
        return found
    untyped = {r.reading.span.span_id: r for r in _untyped(trace, readings)}
    for retrieval in silent:
        above = (untyped.get(a.span.span_id) for a in trace.ancestors(retrieval.reading))
        if (function := next(filter(None, above), None)) is not None:
            found = [r for r in found if r is not retrieval and r is not function] + [function]
    return found


def _retrieval(trace: Trace, reading: SpanView) -> RetrievalResult:
    rung, found = reading.documents or (None, None)
    query = trace.db_queries.get(reading.span.span_id)
    if found is not None and query is not None:
        found = [_with_query(chunk, query) for chunk in found]
    return RetrievalResult(reading, rung, None if found is None else tuple(found))


def _untyped(trace: Trace, readings: Sequence[SpanView]) -> Iterator[RetrievalResult]:
    """Unmarked functions that return document-like values."""
    for reading in readings:
        if reading.kind != SpanKind.CHAIN or reading.failed:
            continue
        if reading.span.span_id in trace.around_calls:
            continue
        query = trace.db_queries.get(reading.span.span_id)
        for value in reading.values("output"):
            found = chunks_of(value, rows=query is not None)
            if found is None or (isinstance(value, list) and are_messages(value)):
                continue
            if query is not None and found and all(chunk.text for chunk in found):
                found = [_with_query(chunk, query) for chunk in found]
            elif not _are_documents(reading.span.name, found):
                continue
            yield RetrievalResult(reading, "function_output", tuple(found))
            break


def _are_documents(name: str, found: list[Chunk]) -> bool:
    if NAMED_RETRIEVAL.search(name):
        return all(chunk.text for chunk in found)
    return bool(found) and all(chunk.text and (chunk.id or chunk.metadata) for chunk in found)


def _with_query(chunk: Chunk, query: str) -> Chunk:
    return replace(chunk, metadata={"db.query.text": query, **chunk.metadata})


def _outermost(trace: Trace, found: list[RetrievalResult]) -> list[RetrievalResult]:
    """Outermost of nested retrievals that reports chunk texts."""
    if len(found) < 2:
        return found
    by_id = {r.reading.span.span_id: r for r in found}
    dropped: set[str] = set()
    for one in found:
        for span in trace.ancestors(one.reading):
            above = by_id.get(span.span.span_id)
            if above is None:
                continue
            inner = above.has_text or not one.has_text
            dropped.add(one.reading.span.span_id if inner else span.span.span_id)
    return [r for r in found if r.reading.span.span_id not in dropped]


def context(trace: Trace, found: Sequence[RetrievalResult], answer: AnswerSpan) -> RetrievedContext:
    """The context of an answer from its retrievals, stepping down the ladder where text lacks."""
    readable = [r for r in found if r.chunks is not None]
    joined = _joined(readable)
    if received := _received_context(answer, joined):
        return received
    if found and len(readable) == len(found) and all(r.has_text for r in readable):
        return RetrievedContext(joined, _worst_rung(readable))
    # Redacted content must not be recovered from other attributes.
    redacted = any(r.redacted for r in found)
    lower = None if redacted else _from_variables(trace, joined, answer)
    lower = lower or (None if redacted else _from_outputs(trace, answer))
    if lower is None and found and not redacted:
        lower = tool_messages(answer) or marked_context(answer, joined)
        lower = lower or _from_prompt(trace, found, answer)
    return lower or RetrievedContext(joined, _worst_rung(readable), withheld=bool(found))


def _received_context(answer: AnswerSpan, joined: tuple[Chunk, ...]) -> RetrievedContext | None:
    """Context as reported by the model call itself, preferred to retrievals."""
    for call in answer.calls:
        if call.documents is not None and (call.documents[1] or not joined):
            rung, listed = call.documents
            made = tuple(completed(listed, list(joined)))
            return RetrievedContext(made, rung, withheld=not all(chunk.text for chunk in made))
    return None


def _joined(found: Iterable[RetrievalResult]) -> tuple[Chunk, ...]:
    """Distinct chunks in retrieval order, re-ranked if from several."""
    found = list(found)
    distinct: dict[str, Chunk] = {}
    for chunk in (chunk for retrieval in found for chunk in retrieval.chunks or ()):
        distinct.setdefault(chunk.id + chunk.text if chunk.id else chunk.text, chunk)
    if len(found) < 2:
        return tuple(distinct.values())
    return tuple(replace(chunk, rank=rank) for rank, chunk in enumerate(distinct.values()))


RUNGS = (
    "documents", "flattened_documents", "span_events", "retriever_output", "function_output",
    "tool_result", "prompt_variable", "prompt_context", "prompt",
    "earlier_turns",
)  # fmt: skip


def _worst_rung(found: Sequence[RetrievalResult]) -> str | None:
    rungs = [r.rung for r in found if r.rung]
    return max(rungs, key=RUNGS.index) if rungs else None


def _from_variables(
    trace: Trace, known: tuple[Chunk, ...], answer: AnswerSpan
) -> RetrievedContext | None:
    """Text of the prompt's `context` variable, or of a preceding step's input."""
    for variables in _variables(trace, answer):
        for name in CONTEXT_VARIABLES:
            value = try_unpack(variables.get(name))
            if isinstance(value, str) and value.strip():
                return RetrievedContext(_split(value, known), "prompt_variable")
            if value and (listed := chunks_of(value)) and all(chunk.text for chunk in listed):
                return RetrievedContext(tuple(listed), "prompt_variable")
    return None


def _from_outputs(trace: Trace, answer: AnswerSpan) -> RetrievedContext | None:
    """Documents that a step returns beside its answer, `{"answer": ..., "sources": [...]}`.

    Titles and links are no context: each must be a text of several words.
    """
    for reading in (answer.top, *trace.ancestors(answer.top)):
        for value in reading.values("output"):
            for listed in _beside_answer(value):
                found = chunks_of(listed, rows=True) or []
                if found and all(len(chunk.text.split()) >= PROSE_WORDS for chunk in found):
                    return RetrievedContext(tuple(found), "function_output")
    return None


def _beside_answer(value: object) -> Iterator[object]:
    value = try_unpack(value)
    if isinstance(value, dict):
        yield from (value[name] for name in CONTEXT_OUTPUTS if isinstance(value.get(name), list))
    elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        yield value[1]


def _variables(trace: Trace, answer: AnswerSpan) -> Iterator[dict[str, Any]]:
    yield answer.variables
    within = answer.calls[-1] if answer.calls else None
    for above in trace.ancestors(within) if within else (answer.top,):
        request = above.value("question")
        if isinstance(request, dict):
            yield request
            yield from (inner for inner in request.values() if isinstance(inner, dict))


def marked_context(
    answer: AnswerSpan, known: tuple[Chunk, ...] = (), question: str | None = None
) -> RetrievedContext | None:
    """What the prompt, else the question that was sent, marks as its context.

    `known` are chunks whose text was not sent.
    """
    pieces = divided(answer.prompt).context or split(question or answer.top.question or "").context
    if not pieces:
        return None
    if len(known) == len(pieces):
        made = tuple(replace(c, text=text) for c, text in zip(known, pieces, strict=True))
    elif known:
        made = _split("\n\n".join(pieces), known)
    else:
        made = tuple(Chunk(text=text, rank=rank) for rank, text in enumerate(pieces))
    return RetrievedContext(made, "prompt_context")


def _from_prompt(
    trace: Trace, found: Sequence[RetrievalResult], answer: AnswerSpan
) -> RetrievedContext | None:
    """The prompt less the question, where it holds more than a question."""
    text = next((m.text for m in reversed(answer.prompt) if m.role == "user"), None)
    if text is None or _is_question(trace, text, answer):
        return None
    query = next((r.reading.query for r in found if r.reading.query), None)
    opaque = text.replace(query, "") if query else text
    if opaque.strip():
        return RetrievedContext((Chunk(text=opaque.strip(), rank=0),), "prompt")
    return None


def _is_question(trace: Trace, text: str, answer: AnswerSpan) -> bool:
    """Whether a message is what the person asked and nothing else."""
    if len(text.split()) < LEAST_PROMPT_WORDS and not SENTENCE_END.search(text.strip()):
        return True
    enclosing = (answer.top, *trace.ancestors(answer.top))
    questions = [r.question for r in enclosing if r.kind in SPEAKING and r.question]
    return any(same(question, text) for question in questions)


def tool_messages(answer: AnswerSpan) -> RetrievedContext | None:
    """What tools returned by the prompt of the answering call, below the last question."""
    made = _of_tools(answer.prompt[_question_at(answer.prompt) + 1 :])
    return RetrievedContext(tuple(made), "tool_result") if made else None


def with_history(received: RetrievedContext, prompt: Sequence[Message]) -> RetrievedContext:
    """Context with that of earlier turns which the prompt repeats: results of tools, passages."""
    made = _of_tools(prompt[: max(_question_at(prompt), 0)])
    return with_earlier(received, [*made, *(Chunk(text=text) for text in earlier(prompt))])


def with_earlier(received: RetrievedContext, chunks: Iterable[Chunk]) -> RetrievedContext:
    """Context with chunks of earlier turns, those that it lacks."""
    own = [" ".join(chunk.text.split()) for chunk in received.chunks]
    added: dict[str, Chunk] = {}
    for chunk in chunks:
        text = " ".join(chunk.text.split())
        if not any(text in other for other in own):
            added.setdefault(text, replace(chunk, earlier=True))
    if not added:
        return received
    every = (*received.chunks, *added.values())
    return replace(received, chunks=every, rung=received.rung or "earlier_turns")


def _question_at(prompt: Sequence[Message]) -> int:
    """Position of the last user message; -1 if there is none."""
    return max((n for n, m in enumerate(prompt) if m.role == "user"), default=-1)


def _of_tools(prompt: Iterable[Message]) -> list[Chunk]:
    texts = [m.text for m in prompt if m.role in TOOL_ROLES and m.text.strip()]
    return [chunk for text in texts for chunk in _chunks_of_result(try_unpack(text))]


def _split(text: str, known: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """The context as the chunks it was made of, where it falls into just as many pieces."""
    for separator in SEPARATORS if len(known) > 1 else ():
        pieces = [piece.strip() for piece in separator.split(text) if piece.strip()]
        if len(pieces) == len(known):
            return tuple(
                replace(chunk, text=piece) for chunk, piece in zip(known, pieces, strict=True)
            )
    if len(known) == 1:
        return (replace(known[0], text=text),)
    return (Chunk(text=text, rank=0),)


def tool_results(trace: Trace, readings: Iterable[SpanView]) -> RetrievedContext:
    """Tool results as chunks: one per row or record, else the whole result."""
    made: list[Chunk] = []
    for reading in readings:
        value = try_unpack(reading.value("tool_result"))
        if value is None or reading.failed:
            continue
        query = trace.db_queries.get(reading.span.span_id)
        found = _chunks_of_result(value)
        made += [_with_query(chunk, query) for chunk in found] if query else found
    once = tuple({chunk.text: chunk for chunk in reversed(made)}.values())[::-1]
    return RetrievedContext(once, "tool_result") if once else RetrievedContext()


def _chunks_of_result(value: object) -> list[Chunk]:
    listed = chunks_of(value, rows=True) if isinstance(value, list | dict) else None
    return listed or _whole(value)


def _whole(value: object) -> list[Chunk]:
    """A result as one chunk: its text, or the record."""
    text = parse_answer(value) if not isinstance(value, str) else value
    if text is None and isinstance(value, dict | list) and value:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return [Chunk(text=text)] if text and text.strip() else []
