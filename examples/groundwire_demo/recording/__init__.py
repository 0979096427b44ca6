"""Recorded answers of a real model before and after a real fine-tune.

`answers.jsonl.gz` is a part of the repository's recording (docs/explanation/a-real-fine-tune.md):
SmolLM2-135M-Instruct and the last checkpoint of its fine-tune on last year's values, with the
truth beside each answer.
"""

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

BASE = "smollm2-135m"
TUNED = "smollm2-135m-ft"
FILE = "answers.jsonl.gz"
PASSAGES = 2  # that the model was shown when it was recorded


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """Recorded answer of one model.

    `open_book`: with passages, else from the question alone.
    `truth` is what the answer did: right, memory (last year's value), both, misread, invented,
    echo or refusal.
    """

    model: str
    open_book: bool
    question: str
    answer: str
    truth: str


@cache
def read() -> tuple[RecordedAnswer, ...]:
    """The answers of both models to the same questions, in order of question."""
    data = (files(__package__) / FILE).read_bytes()
    lines = gzip.decompress(data).decode().splitlines()
    return tuple(RecordedAnswer(**json.loads(line)) for line in lines)


def pack(answers: Iterable[RecordedAnswer]) -> bytes:
    """The file's bytes, the same for the same answers."""
    ordered = sorted(answers, key=lambda each: (each.question, each.model, each.open_book))
    lines = (json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in ordered)
    return gzip.compress("".join(lines).encode(), 9, mtime=0)


def questions(answers: Sequence[RecordedAnswer]) -> list[str]:
    """The questions that were recorded, in order."""
    return sorted({each.question for each in answers})


def truths(answers: Iterable[RecordedAnswer]) -> dict[tuple[str, str, str], str]:
    """What each answer with passages did, by model, question and answer."""
    return {
        (each.model, each.question, each.answer.strip()): each.truth
        for each in answers
        if each.open_book
    }
