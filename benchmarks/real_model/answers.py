"""The recording as data: each answer beside its question, its passages and what it did.

Rows of `data/answers.jsonl.gz`, one JSON object a line; `truth` is the class by rules
(`truth.CLASSES`).
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from benchmarks.real_model import truth
from benchmarks.real_model.handbooks import Fact, handbook
from benchmarks.real_model.rows import Recorded, Row
from groundwire_demo.corpus import CorpusPassage, Edition

DATA = Path(__file__).parent / "data"
RECORDING = DATA / "answers.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as it stood in the prompt."""

    id: str
    title: str
    edited: str
    text: str

    def __str__(self) -> str:
        return f"{self.title} (edited {self.edited})\n{self.text}"


@dataclass(frozen=True, slots=True)
class Answer(Recorded[Shown]):
    """A recorded answer with its passages, this and last year's values, and what it did."""

    this_year: str
    last_year: str
    truth: str

    @property
    def id(self) -> str:
        """Names the answer among all: handbook/checkpoint/mode/fact/number of the question."""
        parts = (self.handbook, self.checkpoint, self.mode, self.fact, self.number)
        return "/".join(map(str, parts))

    @property
    def question_id(self) -> str:
        """The same for every checkpoint and mode."""
        return f"{self.handbook}/{self.fact}/{self.number}"


def read(path: Path = RECORDING) -> list[Answer]:
    """The published recording."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = map(json.loads, file)
        return [
            Answer(**row | {"passages": tuple(Shown(**each) for each in row["passages"])})
            for row in rows
        ]


def write(answers: Iterable[Answer], path: Path = RECORDING) -> None:
    """Publish answers in an order of their own, so that the same answers give the same bytes."""
    ordered = sorted(answers, key=lambda each: (each.question_id, each.mode, each.arm, each.step))
    lines = (json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in ordered)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))


def whole(rows: Iterable[Row]) -> list[Row]:
    """The rows of questions that every checkpoint of their handbook has answered in both modes.

    Without those for which nothing was retrieved: there is no context to be read.
    """
    every = list(rows)
    blind = {_question(row) for row in every if row.mode == "open" and not row.passages}
    every = [row for row in every if _question(row) not in blind]
    counts = Counter(map(_question, every))
    most: dict[str, int] = {}
    for (name, _, _), count in counts.items():
        most[name] = max(count, most.get(name, 0))
    return [row for row in every if counts[_question(row)] == most[row.handbook]]


def _question(row: Row) -> tuple[str, str, int]:
    return row.handbook, row.fact, row.number


def with_truth(rows: Iterable[Row]) -> list[Answer]:
    """Recorded rows beside what they were shown and what they did, by rules."""
    return [_answer(row) for row in rows]


def _answer(row: Row) -> Answer:
    fact = facts(row.handbook)[row.fact]
    passages = _passages(row.handbook)
    shown = tuple(
        Shown(part.id, part.title, part.edited.isoformat(), part.text)
        for part in (passages[name] for name in row.passages)
    )
    found = truth.classify(fact, row.question, [str(each) for each in shown], row.answer)
    values = asdict(row) | {"passages": shown}
    return Answer(**values, this_year=fact.this, last_year=fact.last, truth=found)


@cache
def facts(name: str) -> dict[str, Fact]:
    """The facts of a handbook by id."""
    return {fact.id: fact for fact in handbook(name).facts}


@cache
def _passages(name: str) -> dict[str, CorpusPassage]:
    return {part.id: part for part in handbook(name).passages(Edition.THIS_YEAR)}
