"""Provider citations in raw response messages (OpenAI, Anthropic, Google and others).

OpenAI's `annotations` (https://platform.openai.com/docs/guides/tools-web-search), Anthropic's
`citations` (https://docs.anthropic.com/en/docs/build-with-claude/citations) and Google's grounding
metadata (https://ai.google.dev/gemini-api/docs/google-search).
"""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from groundwire_collector.assembly.answers import AnswerSpan
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.value_parsing import follow, try_unpack
from groundwire_evaluators.turn import CitedSource

HINTS = ("annotations", "citations", "grounding")  # one of them is in every raw message that cites
MOST = 200  # citations of one answer
MOST_NODES = 5000  # of a raw message
TEXT_KEYS = ("text", "content")
NAMES = ("url", "uri", "file_id", "filename", "document_title", "title", "source", "id")


def cited(answer: AnswerSpan) -> tuple[CitedSource, ...]:
    """Citations of an answer, from the innermost span that has any."""
    text = answer.text or ""
    for reading in (*answer.calls, answer.top):
        citations = chain(
            _of_blocks(reading, text), *(_of_value(value, text) for value in _raw(reading))
        )
        found = dict.fromkeys(islice(citations, MOST))
        if found:
            return tuple(sorted(found, key=lambda source: (source.start, source.end)))
    return ()


def _raw(reading: SpanView) -> Iterator[Any]:
    """Raw messages of a span that may hold citations."""
    for fact in ("answer", "output"):
        for place in reading.places(fact):
            raw = None if place.prefix else reading.attributes.get(place.key)
            hints = isinstance(raw, str) and any(hint in raw for hint in HINTS)
            if hints or isinstance(raw, list | dict):
                yield reading.unpacked(place)


def _of_blocks(reading: SpanView, text: str) -> Iterator[CitedSource]:
    """Citations by message part number."""
    cited = reading.value("cited")
    if not isinstance(cited, dict):
        return
    parts = follow(reading.value("answer"), ("0", "message", "contents"))
    parts = parts if isinstance(parts, list) else []
    for number, citations in cited.items():
        part = parts[int(number)] if number.isdecimal() and int(number) < len(parts) else None
        quoted = follow(part, ("message_content", "text"))
        block = {"text": quoted, "citations": citations}
        yield from _of_node(block, text)


def _of_value(value: Any, text: str) -> Iterator[CitedSource]:
    waiting = [value]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = try_unpack(waiting.pop())
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            yield from _of_node(node, text)
            waiting += reversed(list(node.values()))


def _of_node(node: Mapping[str, Any], text: str) -> Iterator[CitedSource]:
    quoted = next((node[key] for key in TEXT_KEYS if isinstance(node.get(key), str)), "")
    base = max(0, text.find(quoted)) if quoted else 0
    for annotation in _dicts(node.get("annotations")):
        yield from _of_annotation(annotation, base, len(text))
    for citation in _dicts(node.get("citations")):
        end = base + len(quoted) if quoted and quoted in text else len(text)
        yield _of_citation(citation, base, end)
    for key in ("groundingMetadata", "grounding_metadata"):
        if isinstance(node.get(key), dict):
            yield from _of_grounding(node[key], text)


def _of_annotation(annotation: Mapping[str, Any], base: int, length: int) -> Iterator[CitedSource]:
    kind = str(annotation.get("type", ""))
    inner = annotation.get(kind)
    found = {**annotation, **inner} if isinstance(inner, dict) else annotation
    if not kind.endswith("citation"):
        return
    at = found.get("index")
    start = _within(found.get("start_index", at), base, length, 0)
    end = _within(found.get("end_index", at), base, length, length)
    names = _names(found)
    if names:
        yield CitedSource(start=start, end=max(start, end), names=names, quote=_quote(found))


def _of_citation(citation: Mapping[str, Any], start: int, end: int) -> CitedSource:
    position = citation.get("document_index", citation.get("search_result_index"))
    return CitedSource(
        start=start,
        end=end,
        names=_names(citation),
        position=position if isinstance(position, int) else None,
        quote=_quote(citation),
    )


def _of_grounding(metadata: Mapping[str, Any], text: str) -> Iterator[CitedSource]:
    sources = _dicts(metadata.get("groundingChunks", metadata.get("grounding_chunks")))
    supports = metadata.get("groundingSupports", metadata.get("grounding_supports"))
    for support in _dicts(supports):
        segment = support.get("segment")
        quoted = segment.get("text") if isinstance(segment, dict) else None
        start = text.find(quoted) if isinstance(quoted, str) and quoted else -1
        numbers = support.get("groundingChunkIndices", support.get("grounding_chunk_indices"))
        for number in numbers if isinstance(numbers, list) and start >= 0 else ():
            if isinstance(number, int) and 0 <= number < len(sources):
                names, quote = _of_grounding_chunk(sources[number])
                end = start + len(str(quoted))
                yield CitedSource(start=start, end=end, names=names, quote=quote)


def _of_grounding_chunk(chunk: Mapping[str, Any]) -> tuple[tuple[str, ...], str | None]:
    for key in ("retrievedContext", "retrieved_context", "web", "maps"):
        inner = chunk.get(key)
        if isinstance(inner, dict):
            text = inner.get("text")
            return _names(inner), text if isinstance(text, str) else None
    return (), None


def _names(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(found[key] for key in NAMES if isinstance(found.get(key), str) and found[key])


def _quote(found: Mapping[str, Any]) -> str | None:
    quote = found.get("cited_text", found.get("quote"))
    return quote if isinstance(quote, str) and quote.strip() else None


def _within(offset: Any, base: int, length: int, default: int) -> int:
    if isinstance(offset, bool) or not isinstance(offset, int):
        return default
    return min(length, max(0, base + offset))


def _dicts(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
