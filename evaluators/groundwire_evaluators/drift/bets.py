"""How much to bet that the mean loss has grown: one row of bets for each mean it may have had."""

import numpy as np

from groundwire_evaluators.drift.baseline import Floats

BETS = 5
LARGEST_LOSS = 0.9  # no bet ever loses more than this share of its capital


def bets_against(means: Floats, variances: Floats, min_effect: float) -> Floats:
    """Bets against "the mean is at most g", shape (means, BETS), in units of 1 / loss.

    They grow geometrically from the best one for half of `min_effect` to that for eight times it
    (Waudby-Smith and Ramdas 2024: a bet b multiplies its capital by 1 + b * (loss - g)).
    """
    ceiling = LARGEST_LOSS / np.maximum(means, 1e-9)
    largest = np.minimum(8 * min_effect / variances, ceiling)
    smallest = np.minimum(0.5 * min_effect / variances, largest / 2)
    steps = np.linspace(0, 1, BETS)
    return np.asarray(smallest[:, None] * (largest / smallest)[:, None] ** steps)
