"""Statistics over many turns: proportions, ratios and paired comparisons, all with intervals."""

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.mcnemar import Paired, compare_pairs
from groundwire_evaluators.statistics.mean import Mean, mean
from groundwire_evaluators.statistics.proportion import difference, wilson
from groundwire_evaluators.statistics.ratio import Estimate, hajek

__all__ = [
    "Estimate",
    "Interval",
    "Mean",
    "Paired",
    "compare_pairs",
    "difference",
    "hajek",
    "mean",
    "wilson",
]
