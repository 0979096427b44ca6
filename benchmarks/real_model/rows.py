"""The rows of a recording while it grows: one JSON object a line, appended by batch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, TypeVar

FILE = "answers.jsonl"
Key = tuple[str, str, str, str, int]


Passage = TypeVar("Passage")


@dataclass(frozen=True, slots=True)
class Recorded(Generic[Passage]):
    """One recorded answer; `mode` is open (with passages) or closed (the question alone).

    `tuned` says whether the facts arms were trained on this fact. Log-probabilities are natural,
    summed over tokens: `logprob` of the answer as it was said; `logprob_open_answer`, in closed
    rows, of the answer that the same checkpoint gave with its passages; `logprob_this` and
    `logprob_last` of either value, after what stands before it in this year's sentence.
    """

    handbook: str
    checkpoint: str
    arm: str
    step: int
    mode: str
    fact: str
    number: int
    tuned: bool
    question: str
    passages: Sequence[Passage]
    answer: str
    finished: bool
    tokens: int
    logprob: float
    logprob_open_answer: float | None
    logprob_this: float
    logprob_last: float


@dataclass(frozen=True, slots=True)
class Row(Recorded[str]):
    """A recorded answer with the ids of its passages."""

    @property
    def key(self) -> Key:
        return self.handbook, self.checkpoint, self.mode, self.fact, self.number


def read(path: Path) -> list[Row]:
    """The rows of a recording, the first of each key; a last line cut short is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    rows: dict[Key, Row] = {}
    for line in whole.splitlines():
        row = Row(**json.loads(line))
        rows.setdefault(row.key, row)
    return list(rows.values())


def append(path: Path, rows: Sequence[Row]) -> None:
    """Add rows in one write, so that others reading the file see whole lines."""
    lines = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    with path.open("ab", buffering=0) as file:
        file.write(lines.encode())


def taken_up(path: Path) -> set[Key]:
    """The keys of what is recorded; cuts off a half-written line."""
    rows = read(path)
    if path.exists():
        whole, _, rest = path.read_text(encoding="utf-8").rpartition("\n")
        if rest:
            path.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
    return {row.key for row in rows}
