"""Outcome of an answer under conflict: context, parametric, or neither."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """Outcome of a response under conflict."""

    CONTEXT = "context"
    PARAMETRIC = "parametric"
    STALE = "stale"  # memory of an older edition; counts as parametric in every ratio
    BOTH = "both"  # names both and decides for neither
    NEITHER = "neither"
    REFUSAL = "refusal"

    @property
    def from_memory(self) -> bool:
        """Whether the answer asserts what the model remembers, of whatever edition."""
        return self in (Outcome.PARAMETRIC, Outcome.STALE)

    @property
    def decides(self) -> bool:
        """Whether the answer asserts either the context's answer or memory's."""
        return self is Outcome.CONTEXT or self.from_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictCase:
    """A response and the two answers it may follow; unknown: None."""

    response: str | None
    context_answer: str | None = None
    parametric_answer: str | None = None
    context_answer_aliases: tuple[str, ...] = ()
    parametric_answer_aliases: tuple[str, ...] = ()
    question: str | None = None
    context: str | None = None

    @property
    def context_spellings(self) -> tuple[str, ...]:
        return _spellings(self.context_answer, self.context_answer_aliases)

    @property
    def parametric_spellings(self) -> tuple[str, ...]:
        return _spellings(self.parametric_answer, self.parametric_answer_aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeDecision:
    """Outcome of a response, and the rule that decided.

    `followed` is None where nothing can be told: there is no response, or no answer to compare.
    `corrects_context`: it asserts the parametric answer and says that the context is wrong.
    """

    followed: Outcome | None
    rule: str
    corrects_context: bool = False


@dataclass(slots=True)
class Tally:
    """Outcome counts; ratios are None where the denominator is 0."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> "Tally":
        tally = cls()
        for outcome in outcomes:
            tally.counts[outcome] += 1
        return tally

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def p_s(self) -> float | None:
        """Context reliance: the share of all labelled answers that assert the context's answer."""
        return self.counts[Outcome.CONTEXT] / self.total if self.total else None

    @property
    def p_o(self) -> float | None:
        """The share of all labelled answers that assert memory's answer, stale or not."""
        return self.remembered / self.total if self.total else None

    @property
    def remembered(self) -> int:
        """Answers that assert memory's answer, stale or not."""
        return self.counts[Outcome.PARAMETRIC] + self.counts[Outcome.STALE]

    @property
    def deciding(self) -> int:
        """Answers that assert exactly one of the two: what the memorization ratio is made of."""
        return self.counts[Outcome.CONTEXT] + self.remembered

    @property
    def memorization_ratio(self) -> float | None:
        """M_R = p_o / (p_o + p_s) (Longpre et al. 2021, https://arxiv.org/abs/2109.05052)."""
        return self.remembered / self.deciding if self.deciding else None


def _spellings(answer: str | None, aliases: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in (answer, *aliases) if each and each.strip()))
