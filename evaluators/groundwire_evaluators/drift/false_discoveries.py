"""e-Benjamini-Hochberg: changed streams at a controlled false discovery rate."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def discoveries(e_values: Mapping[Name, float], level: float = 0.1) -> list[Name]:
    """The hypotheses that e-BH rejects, strongest first (Wang and Ramdas 2022).

    The largest k such that k hypotheses have an e-value of at least K / (level * k), of K in all.
    Guarantee: the expected share of true hypotheses among them is at most `level`, however the
    e-values depend on each other (https://doi.org/10.1111/rssb.12489). A statistic of a detector
    over the mass it was given since its reset is such an e-value. Price: a single one of K needs
    K / level.

    Raises:
        ValueError: the level is not in (0, 1], or an e-value is negative.

    >>> from groundwire_evaluators.drift.false_discoveries import discoveries
    >>> discoveries({"en": 0.8, "de": 45.0, "fr": 30.0, "it": 2.0}, level=0.1)
    ['de', 'fr']
    """
    if not 0 < level <= 1:
        raise ValueError(f"a level lies in (0, 1], not at {level}")
    if any(value < 0 for value in e_values.values()):
        raise ValueError("an e-value is never negative")
    ordered = sorted(e_values, key=lambda name: -e_values[name])
    for count in range(len(ordered), 0, -1):
        if count * e_values[ordered[count - 1]] >= len(ordered) / level:
            return ordered[:count]
    return []
