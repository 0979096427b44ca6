"""Cluster bootstrap: percentile intervals of any statistic."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from groundwire_evaluators.statistics.interval import Interval

Row = TypeVar("Row")


def bootstrap(
    rows: Sequence[Row],
    statistic: Callable[[Sequence[Row]], float | None],
    clusters: Sequence[Hashable],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Interval | None:
    """Percentile interval of `statistic`, resampling whole clusters.

    For statistics without a formula; price: `draws` calls. Draws for which the statistic is None
    (nothing below its line) are left out, and the interval is None where all are. With fewer than
    about 20 clusters it is too short (Cameron, Gelbach and Miller 2008); prefer `hajek` for ratios.
    """
    members: dict[Hashable, list[Row]] = {}
    for row, cluster in zip(rows, clusters, strict=True):
        members.setdefault(cluster, []).append(row)
    groups = list(members.values())
    if not groups:
        return None
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        chosen = generator.integers(len(groups), size=len(groups))
        value = statistic([row for i in chosen for row in groups[i]])
        if value is not None:
            found.append(value)
    if not found:
        return None
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
