"""Origin of a change: whether the system or its evaluator moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.mean_sequence import mean_interval

LEVEL = 0.99  # of the interval that a verdict rests on
ENOUGH = 0.5  # share of a change that its origin has to account for


class Origin(StrEnum):
    """Verdict on a change of the mean loss."""

    SYSTEM = "system"
    EVALUATOR = "evaluator"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class RepeatedJudgement:
    """Losses of one golden answer judged before and after a change.

    Each judgement is used in one pair only, as the earlier one is noisy, too.
    """

    before: float
    after: float
    unsupported: bool  # the truth


def evaluator_shift(
    pairs: Sequence[RepeatedJudgement], bad_share: float, level: float = LEVEL
) -> Interval:
    """Growth of the mean loss that the evaluator alone explains.

    While the evaluator is the same, the two losses of an answer may be exchanged, so the mean of
    their difference is 0; its interval is valid at every look (an e-process against each mean).
    Right and wrong answers are told apart and weighed as in the traffic, of which `bad_share` were
    wrong: golden sets hold more of them. Without pairs: -1 to 1.

    >>> from groundwire_evaluators.drift.origin import RepeatedJudgement, evaluator_shift
    >>> stricter = [RepeatedJudgement(0, int(n % 4 == 0), False) for n in range(400)]
    >>> evaluator_shift(stricter, bad_share=0.0).low > 0.15
    True
    """
    low = high = 0.0
    for unsupported, weight in ((False, 1 - bad_share), (True, bad_share)):
        moved = [
            (1 + pair.after - pair.before) / 2 for pair in pairs if pair.unsupported is unsupported
        ]
        found = mean_interval(moved, (1 + level) / 2) if moved else Interval(0.0, 1.0)
        low += weight * (2 * found.low - 1)
        high += weight * (2 * found.high - 1)
    return Interval(low, high)


def truth_shift(
    before: Sequence[float], after: Sequence[float], level: float = LEVEL
) -> Interval | None:
    """Growth of the mean true loss by drawn labels; None without labels on both sides.

    >>> from groundwire_evaluators.drift.origin import truth_shift
    >>> truth_shift([0.0] * 400, [1.0, 0.0] * 200).low > 0.3
    True
    """
    if not before or not after:
        return None
    old, new = (mean_interval(each, (1 + level) / 2) for each in (before, after))
    return Interval(new.low - old.high, new.high - old.low)


def origin(grown: float, evaluator: Interval | None, truth: Interval | None) -> Origin:
    """Verdict on a growth of the mean score loss.

    `evaluator`: the growth that the evaluator alone makes; `truth`: that of the true loss, by
    labels, which have the first word. A cause is named where it surely moved, and is excluded where
    it surely accounts for less than half of the growth.

    >>> from groundwire_evaluators.drift.origin import Interval, origin
    >>> origin(0.2, evaluator=Interval(0.05, 0.3), truth=None).value
    'evaluator'
    """
    if truth is not None and truth.low > 0:
        return Origin.SYSTEM
    if truth is not None and truth.high < ENOUGH * grown:
        return Origin.EVALUATOR
    if evaluator is None:
        return Origin.UNDETERMINED
    if evaluator.high < ENOUGH * grown:
        return Origin.SYSTEM
    return Origin.EVALUATOR if evaluator.low > 0 else Origin.UNDETERMINED
