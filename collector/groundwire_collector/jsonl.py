"""Reading and writing of JSON Lines files, plain or gzip."""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import track

from groundwire_collector.errors import UsageError

Record = dict[str, Any]


def read_records(path: Path) -> list[Record]:
    """Objects of a JSON Lines file in order; blank lines are skipped.

    Raises `UsageError` with the line's number for what is no JSON object.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return [_record(path, number, line) for number, line in _lines(file)]
    except (OSError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _lines(file: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split at \\n only: texts may contain other line separators."""
    return ((number, line) for number, line in enumerate(file, start=1) if line.strip())


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{path}, line {number}: invalid JSON: {error}") from error
    if not isinstance(record, dict):
        raise UsageError(f"{path}, line {number}: expected a JSON object, not {record!r:.40}")
    return record


@contextmanager
def record_sink(out: Path | None) -> Iterator[IO[str]]:
    """Writer of result lines, to the file `out` (`.gz`: compressed) or standard output."""
    try:
        opened = _opened(out) if out else nullcontext(sys.stdout)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error}") from error
    with opened as file:
        yield file


def _opened(out: Path) -> IO[str]:
    if out.suffix == ".gz":
        return gzip.open(out, "wt", encoding="utf-8")
    return out.open("w", encoding="utf-8")


def write_record(file: IO[str], record: Record) -> None:
    """Write one JSON line; lone surrogates, which UTF-8 cannot hold, become U+FFFD."""
    line = json.dumps(record, ensure_ascii=False, allow_nan=False)
    file.write(line.encode("utf-16", "surrogatepass").decode("utf-16", "replace") + "\n")


def tracked(records: list[Record], what: str) -> Iterable[Record]:
    """The records, with a progress bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    return track(records, what, console=console, disable=not console.is_terminal, transient=True)
