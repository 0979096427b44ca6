"""Sequential change detectors with a stated budget of false alarms."""

from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.blocking import Dependence
from groundwire_evaluators.drift.budget import AlarmBudget
from groundwire_evaluators.drift.change_point import Change
from groundwire_evaluators.drift.detector import Detector
from groundwire_evaluators.drift.known_mean import KnownMeanESR, StratifiedKnownMeanESR
from groundwire_evaluators.drift.post_detection import PostDetection
from groundwire_evaluators.drift.stratified import StratifiedESR
from groundwire_evaluators.drift.two_sample import TwoSampleESR

__all__ = [
    "AlarmBudget",
    "Baseline",
    "Change",
    "Dependence",
    "Detector",
    "KnownMeanESR",
    "PostDetection",
    "StratifiedESR",
    "StratifiedKnownMeanESR",
    "TwoSampleESR",
]
