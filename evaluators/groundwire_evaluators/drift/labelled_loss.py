"""Losses of drawn labels, sharpened by a cheap score: one a block."""

from collections.abc import Mapping, Sequence

POWER = 0.5  # weight of the cheap score
UNIT = 1 / (1 + 2 * POWER)  # of a loss, for a mean of 1
SHIFT = POWER * UNIT  # loss of a block whose mean is 0


def block_loss(scores: Sequence[float], outcomes: Mapping[int, float]) -> float | None:
    """Loss in [0, 1] of a block of turns, of which some were drawn for labels; None without any.

    `scores`: cheap loss of each turn, in [0, 1]. `outcomes`: true loss, in [0, 1], of the drawn
    ones by position. The mean of the labels is corrected by how far the drawn turns' scores lie
    from those of the whole block (prediction-powered inference with a fixed weight; Angelopoulos et
    al. 2023), and moved into [0, 1]: `mean_of` undoes that.

    Guarantee: where each turn is drawn with one probability by a coin of its own, the expected loss
    is `SHIFT + UNIT` times the block's mean true loss, whatever the score is worth and however it
    changes. So a detector over such losses alarms about true losses, within its budget, and not
    about the score. Price: 1 / UNIT of the range, so bets are half as large at most; with a score
    of AUROC .85 the gain over labels alone is small (docs/reference/detectors.md).

    >>> from groundwire_evaluators.drift.labelled_loss import block_loss, mean_of
    >>> round(mean_of(block_loss([0.9, 0.1, 0.2, 0.0], {0: 1.0})), 2)
    0.7
    """
    if not outcomes:
        return None
    mean_score = sum(scores) / len(scores)
    found = [outcome - POWER * (scores[at] - mean_score) for at, outcome in outcomes.items()]
    mean = sum(found) / len(found)
    return min(max(SHIFT + UNIT * mean, 0.0), 1.0)


def mean_of(loss: float) -> float:
    """The mean true loss that a loss of `block_loss` stands for; it may leave [0, 1]."""
    return (loss - SHIFT) / UNIT
