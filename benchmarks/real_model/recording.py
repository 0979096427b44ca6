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
from benchmarks.real_model.base import Messages
from benchmarks.real_model.handbooks import Fact, Handbook, Search
from benchmarks.real_model.llama import Cache, Llama
from benchmarks.real_model.rows import Row
from torch import Tensor

from benchmarks.real_model import arms, base, prompts, rows, training
from groundwire_demo.corpus import Edition

BATCH = 32
LONGEST_ANSWER = 48  # tokens
_WAVE = 2 * BATCH  # facts whose prompts are sorted by length before they are cut into batches


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about one fact with what was retrieved for it."""

    fact: Fact
    number: int
    tuned: bool
    passages: tuple[Any, ...]

    @property
    def question(self) -> str:
        return self.fact.questions[self.number]


def questions(handbook: Handbook, facts: int, number: int) -> Iterator[list[Asked]]:
    """Batches of one question about each of the first facts, prompts of like length together."""
    search = Search(handbook, Edition.THIS_YEAR)
    tuned = {fact.id for fact in arms.tuned(handbook)}
    order = handbook.shuffled()[:facts]
    for start in range(0, len(order), _WAVE):
        wave = [
            Asked(fact, number, fact.id in tuned, tuple(search.find(question, prompts.PASSAGES)))
            for fact in order[start : start + _WAVE]
            for question in [fact.questions[number % len(fact.questions)]]
        ]
        wave.sort(key=lambda asked: sum(len(part.text) for part in asked.passages))
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


def _spent() -> str:
    return f"{time.process_time():.0f} CPU seconds so far"


def _all_done(done: set[rows.Key], handbook: Handbook, name: str, batch: list[Asked]) -> bool:
    return all(
        (handbook.name, name, mode, asked.fact.id, asked.number) in done
        for asked in batch
        for mode in ("open", "closed")
    )


@torch.no_grad()
def _answers(
    handbook: Handbook, batch: list[Asked], checkpoints: Sequence[str], folder: Path
) -> Iterator[tuple[str, list[Row]]]:
    plain = base.llama()
    sent = {
        "open": [prompts.open_book(handbook, a.question, a.passages) for a in batch],
        "closed": [prompts.closed_book(handbook, a.question) for a in batch],
    }
    prepared = {mode: Prompts(plain, messages) for mode, messages in sent.items()}
    for name in checkpoints:
        model = plain
        if name != "base":
            path = training.adapter_path(folder, handbook.name, name)
            model = plain.merged(training.load(path))
        yield name, _rows(model, name, handbook, batch, prepared)


def _rows(
    model: Llama, name: str, handbook: Handbook, batch: list[Asked], prepared: dict[str, "Prompts"]
) -> list[Row]:
    arm, _, step = name.partition("-")
    found, opened = [], []
    for mode in ("open", "closed"):
        asking = prepared[mode]
        asking.read(model)
        answers = asking.greedy(model)
        again = asking.score(model, [("", said.whole()) for said in opened]) if opened else []
        opened = answers
        values = [
            asking.score(model, [(a.fact.before, _value(a.fact, value)) for a, value in pairs])
            for pairs in (
                [(a, a.fact.this) for a in batch],
                [(a, a.fact.last) for a in batch],
            )
        ]
        for place, (asked, answer) in enumerate(zip(batch, answers, strict=True)):
            found.append(
                Row(
                    handbook=handbook.name,
                    checkpoint=name,
                    arm=arm,
                    step=int(step or 0),
                    mode=mode,
                    fact=asked.fact.id,
                    number=asked.number,
                    tuned=asked.tuned,
                    question=asked.question,
                    passages=[part.id for part in asked.passages] if mode == "open" else [],
                    answer=base.tokenizer().decode(answer.ids, skip_special_tokens=True),
                    finished=answer.finished,
                    tokens=len(answer.ids),
                    logprob=round(answer.logprob, 4),
                    logprob_open_answer=round(again[place], 4) if again else None,
                    logprob_this=round(values[0][place], 4),
                    logprob_last=round(values[1][place], 4),
                )
            )
    return found


def _value(fact: Fact, value: str) -> list[int]:
    """The value's tokens where it stands in the sentence: with the space before it, if any."""
    space = " " if fact.before.endswith(" ") else ""
    return base.tokens(space + value)


@dataclass(frozen=True, slots=True)
class Said:
    """One greedy answer: tokens without the end mark, and whether that mark came in time."""

    ids: list[int]
    finished: bool
    logprob: float

    def whole(self) -> list[int]:
        """The tokens with the end mark, if it came: those that `logprob` counts."""
        return [*self.ids, *base.tokens(base.END)] if self.finished else self.ids


class Prompts:
    """A batch of prompts, read by one checkpoint after another."""

    def __init__(self, model: Llama, messages: Sequence[Messages]) -> None:
        ids = [base.tokens(base.chat(each)) for each in messages]
        lengths = torch.tensor([len(each) for each in ids])
        padded = torch.zeros(len(ids), int(lengths.max()), dtype=torch.long)
        for row, each in enumerate(ids):
            padded[row, : len(each)] = torch.tensor(each)
        self._lengths = lengths
        self._cache = Cache(model.shape, lengths, 96, torch.bfloat16)
        self._lower = self._run(model, model.embed(padded), range(model.shape.cut), start=0)
        self._last = torch.empty(0)

    def read(self, model: Llama) -> None:
        """Let a checkpoint read the prompts: its upper half over the common lower one."""
        hidden = self._run(model, self._lower, range(model.shape.cut, model.shape.layers), start=0)
        rows = torch.arange(len(self._lengths))
        self._last = model.logits(hidden[rows, self._lengths - 1]).float().log_softmax(-1)

    def greedy(self, model: Llama) -> list[Said]:
        """Answers, the likeliest token each time."""
        (end,) = base.tokens(base.END)
        ids: list[list[int]] = [[] for _ in self._lengths]
        total, finished = torch.zeros(len(ids)), torch.zeros(len(ids), dtype=torch.bool)
        step = self._last
        for place in range(LONGEST_ANSWER):
            logprob, token = step.max(-1)
            total += logprob.where(~finished, torch.zeros(()))
            finished |= token == end
            for row in torch.nonzero(~finished).flatten().tolist():
                ids[row].append(int(token[row]))
            if finished.all():
                break
            step = self._follow(model, token[:, None], place)[:, -1]
        return [Said(*each) for each in zip(ids, finished.tolist(), total.tolist(), strict=True)]

    def score(self, model: Llama, said: Sequence[tuple[str, list[int]]]) -> list[float]:
        """The log-probability of tokens after some text with which the answer starts."""
        starts = [base.tokens(text.rstrip()) for text, _ in said]
        whole = [start + ids for start, (_, ids) in zip(starts, said, strict=True)]
        padded = torch.zeros(len(said), max(1, *map(len, whole)), dtype=torch.long)
        for row, each in enumerate(whole):
            padded[row, : len(each)] = torch.tensor(each, dtype=torch.long)
        predicted = torch.cat([self._last[:, None], self._follow(model, padded, 0)], 1)
        found = predicted[:, :-1].gather(-1, padded[..., None])[..., 0]
        return [
            float(found[row, len(start) : len(each)].sum())
            for row, (start, each) in enumerate(zip(starts, whole, strict=True))
        ]

    def _follow(self, model: Llama, ids: Tensor, place: int) -> Tensor:
        """Log-probabilities [batch, length, words] after tokens at a place of the answer."""
        hidden = self._run(
            model, model.embed(ids), range(model.shape.layers), self._cache.width + place
        )
        return model.logits(hidden).float().log_softmax(-1)

    def _run(self, model: Llama, hidden: Tensor, layers: range, start: int) -> Tensor:
        self._cache.rewind(start)
        rope = model.rope(self._cache.positions(hidden.shape[1]))
        return model.cached(hidden, layers, rope, self._cache)
