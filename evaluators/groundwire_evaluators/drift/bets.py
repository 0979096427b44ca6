"""Betting fractions against a grown mean, per candidate old mean."""

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.wealth import Wager

EFFECTS = (1.0, 2.0, 6.0)  # growths bet on, in units of the smallest that matters
SHARES = (0.4, 0.4, 0.2)  # of the capital, on each
LARGEST_LOSS = 0.95  # no bet ever loses more than this share of its capital


def kelly(growth: Floats, means: Floats, baseline: Baseline) -> Floats:
    """The bet that wins most when the mean is `growth` above `means`, in units of 1 / loss.

    A bet b multiplies its capital by 1 + b * (loss - mean) (Waudby-Smith and Ramdas 2024). This
    one is the likelihood ratio for losses of 0 and 1, and close to best for beta losses.
    """
    ceiling = LARGEST_LOSS / np.maximum(means, 1e-9)
    return np.asarray(np.minimum(growth / baseline.block_variance_at(means), ceiling))


def bets_against(means: Floats, baseline: Baseline, min_effect: float) -> Floats:
    """Bets against "the old mean is at most g", shape (means, effects).

    The new mean is taken to be one effect above the baseline's; so a bet against a larger old mean
    is a smaller one, and none where the old mean is taken to be above the new.
    """
    effects = np.minimum(np.array(EFFECTS) * min_effect, 0.9 * (1 - baseline.mean))
    growth = np.maximum(baseline.mean + effects - means[:, None], 0)
    return kelly(growth, means[:, None], baseline)


def wager_against_cells(baseline: Baseline, min_effect: float) -> Wager:
    """Bets against every cell of a baseline that an old mean may lie in."""
    upper = np.array(baseline.edges[1:])
    bets = bets_against(upper, baseline, min_effect)
    bets[-1] = 0.0  # the last cell is decided by the baseline alone
    return Wager.against(upper, bets)


def capital_of_cells(baseline: Baseline) -> Floats:
    """What a unit of mass is worth to each bet of each cell."""
    return np.outer(np.exp(baseline.log_capital), SHARES)
