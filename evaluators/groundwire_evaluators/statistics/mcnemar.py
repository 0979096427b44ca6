"""McNemar's exact one-sided test for paired binary outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.proportion import wilson


@dataclass(frozen=True, slots=True)
class Paired:
    """Paired outcomes of `n` items before and after.

    `lost` held before and not after, `gained` the other way round; `p_value` is the chance of at
    least this many losses among the changed items if losses and gains were equally likely.
    `change` is the change of the share that holds, after minus before, with its interval.
    """

    n: int
    lost: int
    gained: int
    p_value: float
    change: float
    interval: Interval


def compare_pairs(before: Sequence[bool], after: Sequence[bool], level: float = 0.95) -> Paired:
    """One-sided exact McNemar test that fewer items hold after than before.

    Only the changed items tell: lost ~ Binomial(lost + gained, 1/2) when nothing got worse.
    Valid at every size (McNemar 1947, https://doi.org/10.1007/BF02295996); conservative, since the
    binomial is discrete. The interval is Newcombe's (1998, method 10) for paired proportions.

    >>> from groundwire_evaluators.statistics import compare_pairs
    >>> found = compare_pairs(before=[True] * 10, after=[True] * 5 + [False] * 5)
    >>> found.lost, found.p_value, found.change
    (5, 0.03125, -0.5)
    """
    if len(before) != len(after):
        raise ValueError("pairs need both outcomes of every item")
    pairs = [(bool(was), bool(now)) for was, now in zip(before, after, strict=True)]
    lost = sum(was and not now for was, now in pairs)
    gained = sum(now and not was for was, now in pairs)
    n = len(pairs)
    p_value = upper_tail(lost, lost + gained)
    change = (gained - lost) / n if n else 0.0
    return Paired(n, lost, gained, p_value, change, _newcombe(pairs, level))


def upper_tail(successes: int, trials: int) -> float:
    """P(X >= successes) for X ~ Binomial(trials, 1/2).

    >>> from groundwire_evaluators.statistics.mcnemar import upper_tail
    >>> upper_tail(successes=5, trials=5)
    0.03125
    """
    tail = sum(comb(trials, k) for k in range(successes, trials + 1))
    return float(Fraction(tail, 2**trials))


def _newcombe(pairs: Sequence[tuple[bool, bool]], level: float) -> Interval:
    both = sum(was and now for was, now in pairs)
    lost = sum(was and not now for was, now in pairs)
    gained = sum(now and not was for was, now in pairs)
    return newcombe_pairs(both, lost, gained, len(pairs) - both - lost - gained, level)


def newcombe_pairs(
    both: float, lost: float, gained: float, neither: float, level: float = 0.95
) -> Interval:
    """Interval of the change of a paired share, from the counts of McNemar's table.

    Newcombe (1998, method 10). Fractions are welcome, with an effective number of pairs.

    >>> from groundwire_evaluators.statistics.mcnemar import newcombe_pairs
    >>> low, high = newcombe_pairs(both=80, lost=10, gained=2, neither=8)
    >>> round(low, 3), round(high, 3)
    (-0.153, -0.013)
    """
    n = both + lost + gained + neither
    if n == 0:
        return Interval(-1.0, 1.0)
    was, now = both + lost, both + gained
    p1, p2 = now / n, was / n
    l1, u1 = wilson(min(now, n), n, level)
    l2, u2 = wilson(min(was, n), n, level)
    phi = _correlation(both, gained, lost, neither)
    low = (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2
    high = (p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2
    return Interval(p1 - p2 - max(low, 0.0) ** 0.5, p1 - p2 + max(high, 0.0) ** 0.5)


def _correlation(a: float, b: float, c: float, d: float) -> float:
    below = (a + b) * (c + d) * (a + c) * (b + d)
    return float((a * d - b * c) / below**0.5) if below > 0 else 0.0
