"""Quality gate: paired comparison of a candidate with its baseline."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.statistics import Interval, compare_pairs, difference

FEWEST = 30  # answers that both sides have
ANSWERED = {State.SCORED.value, State.NO_CLAIMS.value}


class GateOutcome(StrEnum):
    """Outcome of the gate; `undecided`: neither worse nor within the margin."""

    PASS = "pass"
    UNDECIDED = "undecided"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """Evaluated answer; each judgement is None where there is none.

    `follows`: it gives no other value than its context (`override`). `right`: it holds what its
    reference says. `stock`: it is given to many other questions too (`stock_answers`).
    """

    id: str
    state: str
    faithful: bool | None
    record: Mapping[str, Any]
    follows: bool | None = None
    right: bool | None = None
    stock: bool = False


@dataclass(frozen=True, slots=True)
class ShareChange:
    """Share before and after, over `n` answers each; `paired` by question."""

    before: float
    after: float
    change: float
    interval: Interval
    n: int
    paired: bool

    def outcome(self, margin: float) -> GateOutcome:
        if self.interval.high < 0:
            return GateOutcome.WORSE
        return GateOutcome.PASS if self.interval.low >= -margin else GateOutcome.UNDECIDED


@dataclass(frozen=True, slots=True)
class QualityGate:
    """Result of the gate: changes in faithfulness, answer rate, overrides, accuracy.

    `faithful` is over answers scored on both sides, `answered` over all: a model that declines
    everything, or says "Glad you asked." to every question, is faithful, and useless. `follows`
    and `right` are over the questions for which both sides have a judgement, None where these are
    fewer than 30.
    """

    faithful: ShareChange
    answered: ShareChange
    margin: float
    states: Mapping[str, Mapping[str, int]]
    lost: Sequence[tuple[JudgedAnswer, JudgedAnswer]]
    follows: ShareChange | None = None
    right: ShareChange | None = None

    @property
    def outcome(self) -> GateOutcome:
        """The worst of all; references overrule the verdicts of a candidate shown to be better."""
        faithful = self.faithful.outcome(self.margin)
        if self.right is not None and self.right.interval.low > 0:
            faithful = GateOutcome.PASS
        others = [each for each in (self.answered, self.follows, self.right) if each is not None]
        found = {faithful, *(each.outcome(self.margin) for each in others)}
        if GateOutcome.WORSE in found:
            return GateOutcome.WORSE
        return GateOutcome.UNDECIDED if GateOutcome.UNDECIDED in found else GateOutcome.PASS


def compare(
    before: Sequence[JudgedAnswer],
    after: Sequence[JudgedAnswer],
    margin: float,
    level: float = 0.95,
) -> QualityGate:
    """Compare candidate with baseline, pairing answers by id.

    Where enough ids are shared, pairs alone are compared (McNemar's table, Newcombe's interval),
    which sees smaller changes; else both sides as independent samples. One error in forty: a
    candidate as good as its baseline is called worse with chance (1 - level) / 2 by each of the
    comparisons.

    Raises:
        ValueError: fewer than 30 answers are scored on both sides.
    """
    old = {each.id: each for each in before}
    pairs = [(old[each.id], each) for each in after if each.id in old]
    scored = [
        (one, other)
        for one, other in pairs
        if one.faithful is not None and other.faithful is not None
    ]
    if len(scored) >= FEWEST:
        faithful = _paired([(bool(a.faithful), bool(b.faithful)) for a, b in scored], level)
        answered = _paired([(_answers(a), _answers(b)) for a, b in pairs], level)
    else:
        faithful = _apart(_faithful(before), _faithful(after), level)
        answered = _apart(_answered(before), _answered(after), level)
    if faithful.n < FEWEST:
        raise ValueError(f"{faithful.n} scored answers are too few; at least {FEWEST} are required")
    return QualityGate(
        faithful=faithful,
        answered=answered,
        margin=margin,
        states={
            "before": Counter(each.state for each in before),
            "after": Counter(each.state for each in after),
        },
        lost=[(one, other) for one, other in scored if one.faithful and not other.faithful],
        follows=_judged_on_both([(a.follows, b.follows) for a, b in pairs], level),
        right=_judged_on_both([(a.right, b.right) for a, b in pairs], level),
    )


def _judged_on_both(
    pairs: Sequence[tuple[bool | None, bool | None]], level: float
) -> ShareChange | None:
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    return _paired(known, level) if len(known) >= FEWEST else None


def _paired(pairs: Sequence[tuple[bool, bool]], level: float) -> ShareChange:
    found = compare_pairs([one for one, _ in pairs], [other for _, other in pairs], level)
    n = len(pairs)
    shares = [sum(pair[side] for pair in pairs) / n for side in (0, 1)]
    return ShareChange(shares[0], shares[1], found.change, found.interval, n, paired=True)


def _apart(before: Sequence[bool], after: Sequence[bool], level: float) -> ShareChange:
    if not before or not after:
        return ShareChange(0.0, 0.0, 0.0, Interval(-1.0, 1.0), 0, paired=False)
    old, new = sum(before) / len(before), sum(after) / len(after)
    interval = difference(sum(after), len(after), sum(before), len(before), level)
    return ShareChange(old, new, new - old, interval, min(len(before), len(after)), paired=False)


def _faithful(answers: Sequence[JudgedAnswer]) -> list[bool]:
    return [each.faithful for each in answers if each.faithful is not None]


def _answered(answers: Sequence[JudgedAnswer]) -> list[bool]:
    return [_answers(each) for each in answers]


def _answers(answer: JudgedAnswer) -> bool:
    return answer.state in ANSWERED and not answer.stock
