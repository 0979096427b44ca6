"""Reader questions and answers: which claims, within which time.

Asked are at most six claims a turn: those in doubt, nearest to the threshold first, then those
whose words are covered, which words alone cannot tell from a reordering. Never about records.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.grounding.reading_budget import ReadingBudget
from groundwire_evaluators.reader import Reader, ReaderLabel, ReaderWeights
from groundwire_evaluators.reader.protocol import ClaimAndEvidence

MOST_CLAIMS = 6
_DOUBT = 3.0  # of the score above the threshold beyond which words alone decide
_LARGEST_ODDS = 1e4
_PART = 16  # turns whose pairs are read at once
_FEW = 3  # pairs of a single turn that are read before the clock is read again
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReaderQuestions:
    """Claims of one turn for a reader: indices and pairs."""

    indices: tuple[int, ...] = ()
    pairs: tuple[ClaimAndEvidence, ...] = ()
    summary: bool = False


def claims_to_read(scores: Sequence[float | None], threshold: float) -> tuple[int, ...]:
    """Indices of the claims to ask about; the score of what claims nothing is None."""
    found = sorted(
        (-score, at)
        for at, score in enumerate(scores)
        if score is not None and score < threshold + _DOUBT
    )
    return tuple(sorted(at for _, at in found[:MOST_CLAIMS]))


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """Reader's answer on one claim, and its effect on the score.

    `change` is added to the claim's score by weights; a `contradicted` claim scores at least
    `above` over the threshold.
    """

    change: float
    contradicted: bool
    above: float
    not_there_probability: float
    contradicted_probability: float

    @classmethod
    def of(cls, row: Array, weights: ReaderWeights, *, summary: bool) -> "ReadClaim":
        """From a row of `Reader.read`; answers without a question have weights of their own."""
        missing, against = float(row[ReaderLabel.NOT_THERE]), float(row[ReaderLabel.CONTRADICTED])
        slope = weights.summary_not_there if summary else weights.not_there
        intercept = weights.summary_intercept if summary else weights.intercept
        least = weights.summary_contradicted if summary else weights.contradicted
        odds = min(missing / max(1.0 - missing, 1e-9), _LARGEST_ODDS)
        change = slope * math.log1p(odds) + intercept
        return cls(change, against >= least, weights.above, missing, against)


class BatchReading:
    """Reading of several turns' claims within a time limit and a budget.

    The budget is for live traffic. A turn whose questions were not read in time has no answers,
    with the reason; so does one whose reading failed, with the failure.
    """

    def __init__(
        self, reader: Reader, seconds_a_turn: float, budget: ReadingBudget | None = None
    ) -> None:
        self._reader = reader
        self._seconds_a_turn = seconds_a_turn
        self._budget = budget

    def answers(self, questions: Sequence[ReaderQuestions]) -> list["ReaderAnswers"]:
        """The answers of each turn, in order."""
        deadline = time.monotonic() + self._seconds_a_turn * len(questions)
        found: list[ReaderAnswers] = []
        for start in range(0, len(questions), _PART):
            part = questions[start : start + _PART]
            asking = sum(bool(each.pairs) for each in part)
            if not asking:
                found += [ReaderAnswers() for _ in part]
            elif self._budget and not self._budget.admits(asking):
                limit = self._budget.seconds_a_turn
                found += _unread(part, f"not read, as turns wait: over {limit:g} s a turn")
            else:
                found += self._part(part, deadline)
        return found

    def _part(self, part: Sequence[ReaderQuestions], deadline: float) -> list["ReaderAnswers"]:
        pairs = [pair for each in part for pair in each.pairs]
        started = time.monotonic()
        try:
            rows = self._rows(pairs, deadline)
        except Exception as error:  # a reader of others; the turn's state says what it raised
            return _unread(part, f"{type(error).__name__}: {error}")
        finally:
            seconds = time.monotonic() - started
            if self._budget:
                self._budget.spend(seconds)
        if rows is None:
            return _unread(part, f"time limit of {self._seconds_a_turn:g} s a turn")
        found, at = [], 0
        for each in part:
            count = len(each.pairs)
            found.append(ReaderAnswers(rows[at : at + count], seconds / len(pairs) * count))
            at += count
        return found

    def _rows(self, pairs: Sequence[ClaimAndEvidence], deadline: float) -> Array | None:
        """The rows of the pairs; None once the deadline has passed before the last of them."""
        size = _FEW if len(pairs) <= MOST_CLAIMS else len(pairs)
        found = []
        for start in range(0, len(pairs), size):
            if time.monotonic() >= deadline:
                return None
            found.append(self._reader.read(pairs[start : start + size]))
        return np.concatenate(found)


def _unread(part: Sequence[ReaderQuestions], reason: str) -> list["ReaderAnswers"]:
    """No answers for those that asked, with the reason."""
    return [
        ReaderAnswers(failure=f"reader: {reason}") if each.pairs else ReaderAnswers()
        for each in part
    ]


@dataclass(frozen=True, slots=True)
class ReaderAnswers:
    """Reader's rows (claims, 3) for one turn, or why none."""

    rows: Array = field(default_factory=lambda: np.zeros((0, 3)))
    seconds: float = 0.0
    failure: str | None = None

    def signals(self) -> dict[str, float]:
        """The claims read and the seconds it took, as signals of the evaluation."""
        return {"reader_claims": float(len(self.rows)), "reader_seconds": round(self.seconds, 6)}
