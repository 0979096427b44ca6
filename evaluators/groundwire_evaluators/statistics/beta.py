"""Beta quantiles, for exact intervals of a proportion."""

from math import exp, lgamma, log, log1p

TINY = 1e-300  # stands in for a zero below the line (Lentz 1976)
CLOSE = 1e-12
MOST_STEPS = 10_000


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which `share` of a Beta(a, b) lies; both parameters positive.

    By bisection, to 1e-12. Price: about 40 evaluations of `beta_share`.

    >>> from groundwire_evaluators.statistics.beta import beta_quantile
    >>> round(beta_quantile(0.5, 2, 2), 6)
    0.5
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share must be in [0, 1], not {share}")
    low, high = 0.0, 1.0
    while high - low > CLOSE:
        middle = (low + high) / 2
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function: share of Beta(a, b) below x.

    Continued fraction of Didonato and Morris (1992, https://doi.org/10.1145/131766.131776).

    >>> from groundwire_evaluators.statistics.beta import beta_share
    >>> round(beta_share(0.25, 1, 1), 6)
    0.25
    """
    if not (a > 0 and b > 0):
        raise ValueError(f"beta parameters must be positive, not {a} and {b}")
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - beta_share(1 - x, b, a)
    front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    return front * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    numerator, denominator = 1.0, _nonzero(1 - (a + b) * x / (a + 1))
    denominator = 1 / denominator
    value = denominator
    for m in range(1, MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            denominator = 1 / _nonzero(1 + term * denominator)
            numerator = _nonzero(1 + term / numerator)
            step = denominator * numerator
            value *= step
        if abs(step - 1) < CLOSE:
            return value
    raise ArithmeticError(f"no convergence at x {x}, a {a}, b {b}")


def _nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY
