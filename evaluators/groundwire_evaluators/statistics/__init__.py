"""Statistics: proportions, ratios, paired tests, and rates from few labels.

All with intervals.
"""

from groundwire_evaluators.statistics.agreement import Agreement, Kappa, agreement, cohen_kappa
from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.labelled_sample import LabelledSample, score_strata
from groundwire_evaluators.statistics.mcnemar import Paired, compare_pairs
from groundwire_evaluators.statistics.mean import Mean, mean
from groundwire_evaluators.statistics.prediction_powered import (
    Powered,
    labels_only,
    prediction_powered,
)
from groundwire_evaluators.statistics.proportion import clopper_pearson, difference, wilson
from groundwire_evaluators.statistics.rate import EstimationMethod, Rate, estimate_rate
from groundwire_evaluators.statistics.ratio import Estimate, hajek
from groundwire_evaluators.statistics.reliability import Bin, Reliability, reliability
from groundwire_evaluators.statistics.sequence import RateSequence

__all__ = [
    "Agreement",
    "Bin",
    "Estimate",
    "EstimationMethod",
    "Interval",
    "Kappa",
    "LabelledSample",
    "Mean",
    "Paired",
    "Powered",
    "Rate",
    "RateSequence",
    "Reliability",
    "agreement",
    "clopper_pearson",
    "cohen_kappa",
    "compare_pairs",
    "difference",
    "estimate_rate",
    "hajek",
    "labels_only",
    "mean",
    "prediction_powered",
    "reliability",
    "score_strata",
    "wilson",
]
