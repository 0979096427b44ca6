"""Faithfulness by the novelty of questions against the training file.

Fine-tuned models hallucinate most on what they were never trained on, and after they were trained
on facts that they did not know (Gekhman et al. 2024, https://arxiv.org/abs/2405.05904).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from groundwire_evaluators.statistics import wilson

BOUNDS = (0.0, 0.25, 0.5, 0.7, 1.0)  # upper ends of the bins; 0 is a question of the file itself
_NAMES = ("same words", "reworded", "related", "distant", "new")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyBin:
    """Turns in a range of novelty, and how many were supported.

    `low` is excluded, but for 0.
    Share and 95 % interval (Wilson) of supported turns; None where the bin is empty.
    """

    name: str
    low: float
    high: float
    turns: int
    supported: int
    share: float | None
    interval: tuple[float, float] | None


def novelty_curve(turns: Iterable[tuple[float, bool]]) -> list[NoveltyBin]:
    """Bins of turns, each a novelty in [0, 1] and whether its answer was supported.

    >>> [(each.name, each.turns, each.share) for each in novelty_curve([(0.0, True), (1.0, False)])]
    [('same words', 1, 1.0), ('reworded', 0, None), ('related', 0, None), ('distant', 0, None), \
('new', 1, 0.0)]
    """
    counts = [[0, 0] for _ in BOUNDS]
    for novelty, supported in turns:
        place = next(at for at, bound in enumerate(BOUNDS) if novelty <= bound + 1e-9)
        counts[place][0] += 1
        counts[place][1] += supported
    return [_bin(at, *count) for at, count in enumerate(counts)]


def _bin(at: int, turns: int, supported: int) -> NoveltyBin:
    found = wilson(supported, turns) if turns else None
    return NoveltyBin(
        name=_NAMES[at],
        low=BOUNDS[max(at - 1, 0)],
        high=BOUNDS[at],
        turns=turns,
        supported=supported,
        share=supported / turns if turns else None,
        interval=None if found is None else (found.low, found.high),
    )
