"""Ask every checkpoint every question, with and without its passages, and keep what it says.

Greedy decoding in batches of one form, so that a run stopped anywhere and taken up again records
what an unbroken one would. The passages' lower half is worked out once for all checkpoints.
Price: about 0.4 CPU seconds for a question, open and closed-book, and a checkpoint.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_model import arms, base, prompts, rows, training
from benchmarks.real_model.generation import Generated, Prompts
from benchmarks.real_model.handbooks import Fact, Handbook, Search
from benchmarks.real_model.llama import Llama
from benchmarks.real_model.rows import Row
from groundwire_demo.corpus import Edition

BATCH = 32
_WAVE = 2 * BATCH  # facts whose prompts are sorted by length before they are cut into batches


@dataclass(frozen=True, slots=True)
class Query:
    """One question about one fact with what was retrieved for it."""

    fact: Fact
    number: int
    tuned: bool
    passages: tuple[Any, ...]

    @property
    def question(self) -> str:
        return self.fact.questions[self.number]


def questions(handbook: Handbook, facts: int, number: int) -> Iterator[list[Query]]:
    """Batches of one question about each of the first facts, prompts of like length together."""
    search = Search(handbook, Edition.THIS_YEAR)
    tuned = {fact.id for fact in arms.tuned(handbook)}
    order = handbook.shuffled()[:facts]
    for start in range(0, len(order), _WAVE):
        wave = [
            Query(fact, number, fact.id in tuned, tuple(search.find(question, prompts.PASSAGES)))
            for fact in order[start : start + _WAVE]
            for question in [fact.questions[number % len(fact.questions)]]
        ]
        wave.sort(key=lambda query: sum(len(part.text) for part in query.passages))
        for first in range(0, len(wave), BATCH):
            yield wave[first : first + BATCH]


def record(
    handbook: Handbook, checkpoints: Sequence[str], facts: int, number: int, folder: Path
) -> None:
    """Append to the folder's recording what is not in it yet."""
    path = folder / rows.FILE
    done = rows.taken_up(path)
    for batch in questions(handbook, facts, number):
        missing = [name for name in checkpoints if not _all_done(done, handbook, name, batch)]
        if not missing:
            continue
        for name, answered in _answers(handbook, batch, missing, folder):
            rows.append(path, [row for row in answered if row.key not in done])
            print(f"{handbook.name} {name}: {len(answered)} answers, {_spent()}", flush=True)


def unanswered(
    handbook: Handbook, checkpoints: Sequence[str], facts: int, number: int, folder: Path
) -> set[str]:
    """The checkpoints that have not answered all of these questions yet."""
    done = rows.taken_up(folder / rows.FILE)
    return {
        name
        for batch in questions(handbook, facts, number)
        for name in checkpoints
        if not _all_done(done, handbook, name, batch)
    }


def _spent() -> str:
    return f"{time.process_time():.0f} CPU seconds so far"


def _all_done(done: set[rows.Key], handbook: Handbook, name: str, batch: list[Query]) -> bool:
    return all(
        (handbook.name, name, mode, query.fact.id, query.number) in done
        for query in batch
        for mode in ("open", "closed")
    )


@torch.no_grad()
def _answers(
    handbook: Handbook, batch: list[Query], checkpoints: Sequence[str], folder: Path
) -> Iterator[tuple[str, list[Row]]]:
    plain = base.llama()
    sent = {
        "open": [prompts.open_book(handbook, each.question, each.passages) for each in batch],
        "closed": [prompts.closed_book(handbook, each.question) for each in batch],
    }
    prepared = {mode: Prompts(plain, messages) for mode, messages in sent.items()}
    for name in checkpoints:
        model = plain
        if name != "base":
            path = training.adapter_path(folder, handbook.name, name)
            model = plain.merged(training.load(path))
        yield name, list(_rows(model, name, handbook, batch, prepared))


def _rows(
    model: Llama, name: str, handbook: Handbook, batch: list[Query], prepared: dict[str, Prompts]
) -> Iterator[Row]:
    """The rows of one checkpoint, with passages and then without."""
    opened: list[Generated] = []
    for mode in ("open", "closed"):
        asking = prepared[mode]
        asking.read(model)
        answers = asking.greedy(model)
        again = asking.score(model, [("", each.whole()) for each in opened])
        this = asking.score(model, [_slot(each.fact, each.fact.this) for each in batch])
        last = asking.score(model, [_slot(each.fact, each.fact.last) for each in batch])
        for place, query in enumerate(batch):
            yield _row(
                (handbook.name, name, mode),
                query,
                answers[place],
                (again[place] if opened else None, this[place], last[place]),
            )
        opened = answers


def _row(
    source: tuple[str, str, str],
    query: Query,
    answer: Generated,
    logprobs: tuple[float | None, float, float],
) -> Row:
    handbook, checkpoint, mode = source
    arm, _, step = checkpoint.partition("-")
    open_answer, this, last = logprobs
    return Row(
        handbook=handbook,
        checkpoint=checkpoint,
        arm=arm,
        step=int(step or 0),
        mode=mode,
        fact=query.fact.id,
        number=query.number,
        tuned=query.tuned,
        question=query.question,
        passages=[part.id for part in query.passages] if mode == "open" else [],
        answer=base.tokenizer().decode(answer.ids, skip_special_tokens=True),
        finished=answer.finished,
        tokens=len(answer.ids),
        logprob=round(answer.logprob, 4),
        logprob_open_answer=None if open_answer is None else round(open_answer, 4),
        logprob_this=round(this, 4),
        logprob_last=round(last, 4),
    )


def _slot(fact: Fact, value: str) -> tuple[str, list[int]]:
    """What stands before a value in its sentence, and the value's tokens in that place."""
    space = " " if fact.before.endswith(" ") else ""
    return fact.before, base.tokens(space + value)
