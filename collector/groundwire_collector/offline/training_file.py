"""Reading of training files: JSON Lines or a JSON array."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from groundwire_collector.errors import UsageError
from groundwire_collector.offline.secret_masks import SecretMasks
from groundwire_evaluators.training.example import TrainingExample, read_examples

_LONGEST_LINE = 4 * 2**20  # bytes; a longer one is bad, and not read whole
_BAD_REPORTED = 100  # of bad lines, with what is wrong; all are counted
_BOM = b"\xef\xbb\xbf"


class _LineReader(Protocol):
    """A binary file, plain or decompressed."""

    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that gave no example, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class ReadFile:
    """Examples of a file, and what was wrong with its lines.

    `secrets` counts by kind; `secret_lines` are the first lines that held one.
    """

    digest: str = ""
    lines: int = 0
    bad_lines: int = 0
    bad: list[BadLine] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    secrets: Counter[str] = field(default_factory=Counter)
    secret_lines: list[int] = field(default_factory=list)
    examples: list[TrainingExample] = field(default_factory=list)
    system: Counter[str] = field(default_factory=Counter)


def read_training_file(path: Path, progress: Callable[[int], None] | None = None) -> ReadFile:
    """Read a training file; bad lines are noted and passed over. Linear in its size.

    `progress` is told the bytes read of the file as it is stored.

    Raises:
        UsageError: it cannot be read at all.
    """
    masks = SecretMasks()
    read = ReadFile(secrets=masks.found)
    try:
        for number, line in _records(path, read, progress):
            read.lines += 1
            try:
                form, found = read_examples(json.loads(line), number)
            except (ValueError, RecursionError) as error:
                _note_bad(read, number, _reason(error))
                continue
            read.formats[form.value] += 1
            read.examples += [_masked(example, read, masks) for example in found]
    except (OSError, EOFError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error
    return read


def _masked(example: TrainingExample, read: ReadFile, masks: SecretMasks) -> TrainingExample:
    before = masks.found.total()
    question, answer, system = (
        masks.text(text) for text in (example.question, example.answer, example.system)
    )
    if masks.found.total() > before and len(read.secret_lines) < _BAD_REPORTED:
        read.secret_lines.append(example.line)
    if system:
        read.system[system] += 1
    return replace(example, question=question, answer=answer, system=system, prompt="")


def _records(
    path: Path, read: ReadFile, progress: Callable[[int], None] | None
) -> Iterator[tuple[int, bytes]]:
    """The lines of JSON Lines, or the elements of one array, each with its number."""
    digest = hashlib.sha256()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        start = file.read(64).removeprefix(_BOM).lstrip()
        file.seek(0)
        if start.startswith(b"["):
            content = file.read()
            digest.update(content)
            yield from _elements(content)
        else:
            for number, line in _lines(file, read):
                digest.update(line)
                if progress is not None:
                    progress(len(line))
                if line.strip():
                    yield number, line.removeprefix(_BOM)
    read.digest = digest.hexdigest()


def _lines(file: _LineReader, read: ReadFile) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if len(line) < _LONGEST_LINE or line.endswith(b"\n"):
            yield number, line
            continue
        read.lines += 1
        _note_bad(read, number, f"longer than {_LONGEST_LINE // 2**20} MiB")
        while line and not line.endswith(b"\n"):
            line = file.readline(_LONGEST_LINE)


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the array is no valid JSON: {error}") from error
    for number, record in enumerate(found, start=1):
        yield number, json.dumps(record).encode()


def _note_bad(read: ReadFile, line: int, reason: str) -> None:
    read.bad_lines += 1
    if len(read.bad) < _BAD_REPORTED:
        read.bad.append(BadLine(line, reason))


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"invalid JSON: {error.msg}"
    return str(error) or type(error).__name__
