"""How much to bet that the mean loss has grown, for each value the old mean may have had."""

import numpy as np

from groundwire_evaluators.drift.baseline import Baseline, Floats

EFFECTS = (0.9, 2.0, 8.0)  # in units of the smallest effect that matters
BELIEFS = (0.45, 0.45, 0.1)
NATS = 13.0  # the evidence an alarm typically takes: log of turns in the budget's period
LARGEST_LOSS = 0.9  # no bet ever loses more than this share of its capital
UNLIKELY = 0.01


def kelly(growth: Floats, means: Floats, baseline: Baseline) -> Floats:
    """The bet that wins most when the mean is `growth` above `means`, in units of 1 / loss.

    Exact for losses of 0 and 1; by variance for graded ones (Waudby-Smith and Ramdas 2024).
    """
    spread = baseline.variance_at(means) + (1 - baseline.dispersion) * growth**2
    return np.asarray(np.minimum(growth / spread, LARGEST_LOSS / np.maximum(means, 1e-9)))


def bets_against(means: Floats, baseline: Baseline, min_effect: float) -> tuple[Floats, Floats]:
    """Bets against "the old mean is g", and the share of capital on each; shapes (means, effects).

    A growth by one effect is judged after `turns` turns, and by the mean that then explains old
    and new losses best. Bets for it get their capital at means about there: elsewhere
    they are not what decides.
    """
    effects = np.minimum(np.array(EFFECTS) * min_effect, 0.9 * (1 - baseline.mean))
    variance = baseline.variance_at(np.array([baseline.mean]))
    evidence = baseline.n * effects**2 / (2 * variance)
    new = np.minimum(NATS / evidence, 0.95)  # share of new turns among all at the alarm
    turns = baseline.n * new / (1 - new)
    deciding = baseline.mean + new * effects
    growth = np.maximum(baseline.mean + effects - means[:, None], 0)
    distance = (means[:, None] - deciding) ** 2 / baseline.variance_at(means)[:, None]
    slack = np.minimum((baseline.n + turns) * distance / 2, 100)
    shares = np.array(BELIEFS) * (np.exp(-slack / 2) + UNLIKELY)
    return kelly(growth, means[:, None], baseline), shares / shares.sum(axis=1, keepdims=True)
