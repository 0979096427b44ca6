"""Experimental arms of a probe item: context and prompt of each."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundwire_evaluators.reliance.mentions import Response, find_mentions
from groundwire_evaluators.reliance.outcome import ConflictCase
from groundwire_evaluators.reliance.probe.item import (
    AnswerPosition,
    AnswerType,
    ProbeItem,
    ProbePack,
)


class Arm(StrEnum):
    """Experimental arm of a probe."""

    CLEAN = "clean"  # the guard: can the model read at all?
    CONFLICT = "conflict"
    MIXED = "mixed"  # the conflict and a chunk that supports the original
    IRRELEVANT = "irrelevant"  # a chunk of another item: refusal, or memory
    CLOSED_BOOK = "closed_book"
    DISTRACTORS = "distractors"  # the conflict among chunks of other items


ALL_ARMS = tuple(Arm)
CONFLICT_ARMS = (
    Arm.CONFLICT,
    Arm.MIXED,
    Arm.DISTRACTORS,
)  # where the context speaks against memory
DISTRACTORS = 4
_PLACES = (AnswerPosition.FIRST, AnswerPosition.MIDDLE, AnswerPosition.LAST)


@dataclass(frozen=True, slots=True)
class Trial:
    """One call: an item under one arm.

    `position` is the index of the answer's chunk among the chunks; None where there is at most one
    chunk.
    """

    item: ProbeItem
    arm: Arm
    chunks: tuple[str, ...]
    position: AnswerPosition | None = None

    @property
    def key(self) -> str:
        """Unique in a run of one pack."""
        return f"{self.item.id}#{self.arm}"

    def conflict(self, response: str | None) -> ConflictCase:
        """The response against the two answers; under the clean arm the context's is the original,
        under every other the substitute."""
        ours = (self.item.substitute, self.item.substitute_aliases)
        theirs = (self.item.original, self.item.original_aliases)
        if self.arm is Arm.CLEAN:
            ours, theirs = theirs, ours
        return ConflictCase(
            question=self.item.question,
            context_answer=ours[0],
            context_answer_aliases=ours[1],
            parametric_answer=theirs[0],
            parametric_answer_aliases=theirs[1],
            response=response,
        )


def trials(pack: ProbePack, arms: Sequence[Arm] = ALL_ARMS) -> Iterator[Trial]:
    """All calls of a run, item by item, deterministic per pack.

    Which chunks stand beside an answer, and in which order, follows from the item's id, whatever
    arms are run.
    """
    for number, item in enumerate(pack.items):
        for arm in arms:
            yield _trial(pack, item, number, arm)


def _trial(pack: ProbePack, item: ProbeItem, number: int, arm: Arm) -> Trial:
    if arm is Arm.CLOSED_BOOK:
        return Trial(item, arm, ())
    if arm is Arm.CLEAN:
        return Trial(item, arm, (item.clean,))
    if arm is Arm.CONFLICT:
        return Trial(item, arm, (item.conflict,))
    if arm is Arm.IRRELEVANT:
        return Trial(item, arm, (_beside(pack, item, 1)[0],))
    if arm is Arm.MIXED:
        if _draw(item.id, "mixed") % 2:
            return Trial(item, arm, (item.support, item.conflict), AnswerPosition.LAST)
        return Trial(item, arm, (item.conflict, item.support), AnswerPosition.FIRST)
    place = _PLACES[number % len(_PLACES)]
    others = _beside(pack, item, DISTRACTORS)
    at = {
        AnswerPosition.FIRST: 0,
        AnswerPosition.MIDDLE: len(others) // 2,
        AnswerPosition.LAST: len(others),
    }[place]
    return Trial(item, arm, (*others[:at], item.conflict, *others[at:]), place)


def _beside(pack: ProbePack, item: ProbeItem, wanted: int) -> list[str]:
    """Clean contexts of other relations that name neither of the item's answers."""
    others = [other for other in pack.items if other.relation != item.relation]
    others.sort(key=lambda other: _draw(item.id, other.id))
    found: list[str] = []
    for other in others:
        if not _names(item, other.clean):
            found.append(other.clean)
        if len(found) == wanted:
            return found
    raise ValueError(f"item {item.id}: the pack holds too few other contexts ({len(found)})")


def _names(item: ProbeItem, text: str) -> bool:
    if item.type is AnswerType.BOOLEAN:
        return False
    spellings = (*item.original_spellings, *item.substitute_spellings)
    return bool(find_mentions(spellings, Response.read(text)))


def _draw(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:8], "big")


@dataclass(frozen=True, slots=True)
class ProbePrompting:
    """Prompt settings of a trial; part of a run's identity.

    Give the production system prompt as `system` and the same without its context instruction as
    `closed_book`, so that the two calls differ in nothing but the context.
    """

    system: str = (
        "Answer the question from the passages alone, in as few words as possible. "
        "If they do not hold the answer, say: I don't know."
    )
    closed_book: str = (
        "Answer the question in as few words as possible. "
        "If you do not know the answer, say: I don't know."
    )

    @property
    def version(self) -> str:
        """Digest of the prompts; a changed prompt needs its own baseline."""
        both = f"{self.system}\x1f{self.closed_book}"
        return hashlib.sha256(both.encode()).hexdigest()[:12]

    def messages(self, trial: Trial) -> list[dict[str, str]]:
        """Chat messages of a trial, as OpenAI-compatible endpoints take them."""
        return self.chat(trial.item.question, trial.chunks)

    def chat(self, question: str, chunks: Sequence[str]) -> list[dict[str, str]]:
        """Chat messages of a question; without chunks those of a closed-book call."""
        text = f"Question: {question}"
        if chunks:
            passages = "\n\n".join(f"[{i}] {chunk}" for i, chunk in enumerate(chunks, start=1))
            text = f"Passages:\n{passages}\n\n{text}"
        system = self.system if chunks else self.closed_book
        return [{"role": "system", "content": system}, {"role": "user", "content": text}]
