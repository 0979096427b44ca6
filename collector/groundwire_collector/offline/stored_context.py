"""Chunks and answers of the newest stored turns, and chunks of files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import read_records
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.turn import Chunk

_PAGE = 500  # turns read at once
_TEXTS = ("text", "content", "page_content", "body")
_TITLES = ("title", "heading", "source")
_DOCUMENTS = frozenset({".txt", ".md"})


@dataclass(slots=True)
class StoredContext:
    """Chunks that turns were shown, and the turns themselves.

    Of each chunk id the newest text. `closed_book`: turns asked without context, of every model
    version.
    """

    chunks: list[Chunk] = field(default_factory=list)
    production: list[JudgedTurn] = field(default_factory=list)
    closed_book: list[JudgedTurn] = field(default_factory=list)


def stored_context(
    engine: Engine, service: str | None, model_version: str, limit: int
) -> StoredContext:
    """What the newest `limit` stored turns show; production turns of one model version only.

    Chunks come from turns of every version: the index is that of today.
    """
    found = StoredContext()
    chunks: dict[str, Chunk] = {}
    for judged in newest_turns(engine, TurnQuery(service=service), limit):
        turn = judged.turn
        if turn.probe:
            continue
        if turn.closed_book:
            found.closed_book.append(judged)
            continue
        for chunk in turn.retrieved:
            if chunk.text.strip():
                chunks.setdefault(chunk.id or chunk.text, chunk)
        if turn.model_version == model_version:
            found.production.append(judged)
    found.chunks = list(chunks.values())
    return found


def newest_turns(engine: Engine, query: TurnQuery, limit: int) -> Iterator[JudgedTurn]:
    """Stored turns, newest first, at most `limit`."""
    page = replace(query, order="newest", limit=min(_PAGE, limit))
    while limit > 0:
        with engine.connect() as connection:
            found = turns.find(connection, page)
        yield from found[:limit]
        limit -= len(found)
        if len(found) < page.limit:
            return
        page = replace(page, cursor=turns.cursor_of(found[-1]))


def chunks_of_files(paths: Iterable[Path]) -> list[Chunk]:
    """Chunks of JSON Lines files, of text files, or of folders with such files.

    A JSON line holds `text` (or `content`), and may hold `id` and `title`. A text or Markdown file
    is cut at blank lines; its headings are titles.

    Raises:
        UsageError: one cannot be read, or holds no text.
    """
    return [chunk for path in paths for chunk in _chunks(path)]


def _chunks(path: Path) -> list[Chunk]:
    if path.is_dir():
        inside = sorted(each for each in path.rglob("*") if each.suffix in _DOCUMENTS | {".jsonl"})
        return [chunk for each in inside for chunk in _chunks(each)]
    if path.suffix in _DOCUMENTS:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error}") from error
        return list(_paragraphs(path, text))
    return [
        _chunk(path, number, record) for number, record in enumerate(read_records(path), start=1)
    ]


def _chunk(path: Path, number: int, record: dict[str, Any]) -> Chunk:
    metadata = record["metadata"] if isinstance(record.get("metadata"), dict) else {}
    text = next((record[name] for name in _TEXTS if isinstance(record.get(name), str)), None)
    if text is None:
        raise UsageError(f"{path}, record {number}: a chunk needs text")
    fields = record | metadata
    title = next((fields[name] for name in _TITLES if isinstance(fields.get(name), str)), None)
    name = fields.get("id")
    return Chunk(
        text=text,
        id=str(name) if name is not None else f"{path.name}#{number}",
        metadata=metadata | ({"title": title} if title else {}),
    )


def _paragraphs(path: Path, text: str) -> Iterator[Chunk]:
    title, number = "", 0
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip()]
        while lines and lines[0].startswith("#"):
            title = lines.pop(0).lstrip("# ").strip()
        if lines:
            number += 1
            yield Chunk(
                text="\n".join(lines), id=f"{path.name}#{number}", metadata={"title": title}
            )
