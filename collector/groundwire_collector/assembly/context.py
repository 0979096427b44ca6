"""The chunks of a turn: every retrieval that served it, on the best rung of the ladder.

The rungs, best first; the name of the one that gave the chunks is the turn's `context_source`:

- `documents`: one structured attribute with the documents,
- `flattened_documents`: numbered attributes, a few for each document,
- `span_events`: one event a document, of a vector store's instrumentation,
- `retriever_output`: the raw output of a span that is a retrieval,
- `tool_result`: what tools returned, where nothing was retrieved,
- `prompt_variable`: the `context` variable of the prompt's template,
- `prompt`: the prompt itself as one opaque chunk, where documents came without text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from groundwire_collector.assembly.answers import RETRIEVING
from groundwire_collector.assembly.documents import chunks as chunks_of
from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.reading import SpanReading
from groundwire_collector.assembly.shapes import said, try_unpack
from groundwire_collector.assembly.trace import Trace
from groundwire_evaluators.turn import Chunk

CONTEXT_VARIABLES = ("context", "contexts", "documents", "docs", "chunks", "passages", "sources")
SEPARATORS = (re.compile(r"\n\s*-{3,}\s*\n"), re.compile(r"\n\s*\n+"), re.compile(r"\n"))


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What one retrieval (or its reranker) gave, and on which rung; chunks None: not said."""

    reading: SpanReading
    rung: str | None
    chunks: tuple[Chunk, ...] | None

    @property
    def has_text(self) -> bool:
        return self.chunks is not None and all(chunk.text.strip() for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Context:
    """`chunks` as judged; `withheld`: a retrieval took place and did not say what it found."""

    chunks: tuple[Chunk, ...] = ()
    rung: str | None = None
    withheld: bool = False


def retrievals(trace: Trace, readings: Sequence[SpanReading]) -> list[Retrieval]:
    """The retrievals among spans: nested ones once, reranked ones by what the reranker left."""
    found = [_retrieval(r) for r in readings if r.kind in RETRIEVING and not r.failed]
    found = [r for r in found if not _nested(trace, r, found)]
    reranked = [r for r in found if r.reading.kind == SpanKind.RERANK and r.chunks is not None]
    return [r for r in found if r in reranked or not _superseded(r, reranked)]


def _retrieval(reading: SpanReading) -> Retrieval:
    rung, found = reading.documents or (None, None)
    if found is not None and reading.db_query is not None:
        found = [_with_query(chunk, reading.db_query) for chunk in found]
    return Retrieval(reading, rung, None if found is None else tuple(found))


def _with_query(chunk: Chunk, query: str) -> Chunk:
    return replace(chunk, metadata={"db.query.text": query, **chunk.metadata})


def _nested(trace: Trace, inner: Retrieval, found: list[Retrieval]) -> bool:
    """Says nothing beyond a retrieval above or below it: each keeps the fuller of the two."""
    mine = _keys(inner)
    above = {r.span.span_id for r in trace.ancestors(inner.reading)}
    for other in found:
        if other.reading.span.span_id in above and mine <= _keys(other):
            return True
        below = inner.reading in trace.ancestors(other.reading)
        if below and mine < _keys(other):
            return True
        if below and inner.chunks is None and other.chunks is not None:
            return True
    return False


def _keys(retrieval: Retrieval) -> set[str]:
    return {chunk.id or chunk.text for chunk in retrieval.chunks or ()}


def _superseded(retrieval: Retrieval, reranked: list[Retrieval]) -> bool:
    """A reranker that came later took these chunks and gave its own choice of them."""
    return any(
        retrieval.reading.kind != SpanKind.RERANK
        and later.reading.span.start_ns >= retrieval.reading.span.start_ns
        for later in reranked
    )


def context(found: Sequence[Retrieval], generation: SpanReading | None) -> Context:
    """The context of an answer from its retrievals, stepping down the ladder where text lacks."""
    told = [r for r in found if r.chunks is not None]
    joined = _joined(told)
    if found and len(told) == len(found) and all(r.has_text for r in told):
        return Context(joined, _worst_rung(told))
    if generation is not None and (lower := _from_prompt(joined, found, generation)):
        return lower
    return Context(joined, _worst_rung(told), withheld=bool(found))


def _joined(found: Iterable[Retrieval]) -> tuple[Chunk, ...]:
    """All chunks in the order of their retrievals, equal ones once; several are ranked anew."""
    found = list(found)
    kept: dict[str, Chunk] = {}
    for chunk in (chunk for retrieval in found for chunk in retrieval.chunks or ()):
        kept.setdefault(chunk.id + chunk.text if chunk.id else chunk.text, chunk)
    if len(found) < 2:
        return tuple(kept.values())
    return tuple(replace(chunk, rank=rank) for rank, chunk in enumerate(kept.values()))


RUNGS = (
    "documents", "flattened_documents", "span_events", "retriever_output", "tool_result",
    "prompt_variable", "prompt",
)  # fmt: skip


def _worst_rung(found: Sequence[Retrieval]) -> str | None:
    rungs = [r.rung for r in found if r.rung]
    return max(rungs, key=RUNGS.index) if rungs else None


def _from_prompt(
    known: tuple[Chunk, ...], found: Sequence[Retrieval], generation: SpanReading
) -> Context | None:
    """The text from the prompt's variables, else the prompt itself, for retrievals without text."""
    if not found:
        return None
    for name in CONTEXT_VARIABLES:
        value = try_unpack(generation.variables.get(name))
        if isinstance(value, str) and value.strip():
            return Context(_split(value, known), "prompt_variable")
        if value and (listed := chunks_of(value)):
            return Context(tuple(listed), "prompt_variable")
    if text := next((m.text for m in reversed(generation.prompt) if m.role == "user"), None):
        query = next((r.reading.query for r in found if r.reading.query), None)
        opaque = text.replace(query, "") if query else text
        if opaque.strip():
            return Context((Chunk(text=opaque.strip(), rank=0),), "prompt")
    return None


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


def tool_results(readings: Iterable[SpanReading]) -> Context:
    """What tools returned as chunks: rows and records one each, anything else whole."""
    made: list[Chunk] = []
    for reading in readings:
        value = try_unpack(reading.value("tool_result"))
        if value is None or reading.failed:
            continue
        listed = chunks_of(value, rows=True) if isinstance(value, list | dict) else None
        query = reading.db_query
        found = listed or _whole(value)
        made += [_with_query(chunk, query) for chunk in found] if query else found
    return Context(tuple(made), "tool_result") if made else Context()


def _whole(value: object) -> list[Chunk]:
    text = said(value) if not isinstance(value, str) else value
    return [Chunk(text=text)] if text and text.strip() else []
