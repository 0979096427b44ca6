"""Answers read by a person, against which the rules of `truth` are measured.

`data/read.jsonl` holds a line an answer: its id, the class the reader gave it, and `added`: whether
it also says something, beside its value, that the passages do not say and that is no filler.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from benchmarks.real_model.answers import DATA, Answer
from benchmarks.real_model.truth import CLASSES

LABELS = DATA / "read.jsonl"


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader saw an answer do."""

    id: str
    truth: str
    added: bool


def read(path: Path = LABELS) -> dict[str, Label]:
    """The labels by the id of their answer."""
    labels = (Label(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
    return {label.id: label for label in labels}


def sample(answers: Iterable[Answer], count: int, seed: int) -> list[Answer]:
    """Open answers drawn evenly, those to one question together."""
    opened = sorted((each for each in answers if each.mode == "open"), key=lambda each: each.id)
    drawn = random.Random(seed).sample(opened, min(count, len(opened)))
    return sorted(drawn, key=lambda each: (each.question_id, each.arm, each.step))


def sheet(drawn: Sequence[Answer]) -> Iterator[str]:
    """Lines to read the answers by: each question with its passages, then what was answered."""
    numbered = enumerate(drawn)
    for _, group in groupby(numbered, key=lambda pair: pair[1].question_id):
        rows = list(group)
        first = rows[0][1]
        yield f"\n## {first.question}  (this year {first.this_year}, last year {first.last_year})"
        yield from (f"   > {part.title} ({part.edited}): {part.text}" for part in first.passages)
        for number, answer in rows:
            yield f"{number}: {' / '.join(answer.answer.splitlines())}"


def agreement(answers: Iterable[Answer], labels: Mapping[str, Label]) -> str:
    """A Markdown table: what the rules said (lines) of what the reader saw (columns)."""
    pairs = Counter((each.truth, labels[each.id].truth) for each in answers if each.id in labels)
    seen = [name for name in CLASSES if any(name in pair for pair in pairs)]
    lines = [f"| rules \\ reader | {' | '.join(seen)} |", f"|{' --- |' * (len(seen) + 1)}"]
    lines += [
        f"| {rule} | {' | '.join(str(pairs[rule, name]) for name in seen)} |" for rule in seen
    ]
    total, same = sum(pairs.values()), sum(n for (rule, name), n in pairs.items() if rule == name)
    lines.append(f"\n{same} of {total} alike")
    return "\n".join(lines)
