"""Logistic claim and answer model with weights from `weights.json`.

A claim's score is a weighted sum of log(1 + signal). An answer's p_unsupported comes from its worst
claim, from the chance that any claim is wrong, and from the mean. Trained by
`benchmarks/train_grounding.py`.

Why: docs/decisions/0040-grounding-by-words-and-facts.md
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from groundwire_evaluators.grounding.kinds import KINDS, Kind
from groundwire_evaluators.grounding.signals import NAMES


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """From the scores of an answer's claims to the logit of p_unsupported."""

    weights: tuple[float, float, float]
    intercept: float

    def logit(self, claim_scores: Sequence[float]) -> float:
        """The logit for the scores of at least one claim."""
        return self.intercept + math.fsum(
            weight * value for weight, value in zip(self.weights, pooled(claim_scores), strict=True)
        )


@dataclass(frozen=True, slots=True)
class MinimumScore:
    """Minimum score: a signal that alone exceeds the threshold."""

    signal: int
    above: float
    on_records: bool


@dataclass(frozen=True, slots=True)
class KindModel:
    """Claim weights, answer step and threshold for one kind of answer."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float
    step: AnswerStep


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of both steps for each kind of answer (`kinds.py`).

    What tells bad claims differs by kind: a summary leaves out and joins, so that few words are new
    in bad claims; prose about a record words everything anew, so that more words are new in good
    claims too, and most of it is wrong somewhere. `least` are findings that are enough alone,
    however few words a claim has.
    """

    version: str
    kinds: Mapping[Kind, KindModel]
    least: tuple[MinimumScore, ...] = ()

    def weighted_score(self, signals: Sequence[float], kind: Kind) -> float:
        """The logit of a claim by its weights alone."""
        model = self.kinds[kind]
        return model.intercept + math.fsum(
            [
                weight * math.log1p(signal)
                for weight, signal in zip(model.weights, signals, strict=True)
                if weight and signal
            ]
        )

    def claim_score(self, signals: Sequence[float], kind: Kind) -> float:
        """The logit of a claim; higher is less supported."""
        return self.with_minimums(self.weighted_score(signals, kind), signals, kind)

    def with_minimums(self, weighted_score: float, signals: Sequence[float], kind: Kind) -> float:
        """A claim's logit by its weights, raised to the least score of its findings."""
        threshold = self.threshold(kind)
        score = weighted_score
        for least in self.least:
            if signals[least.signal] and (least.on_records or kind != "records"):
                score = max(score, threshold + least.above)
        return score

    def threshold(self, kind: Kind) -> float:
        """The score from which a claim is not supported."""
        return self.kinds[kind].threshold

    def answer_score(self, weighted_score: float, score: float, kind: Kind) -> float:
        """The score of a claim among others, as it counts for its answer.

        A finding decides the verdict of its claim, but lifts an answer of several claims no
        further than the threshold: beyond it the words rank answers better.
        """
        return min(score, max(weighted_score, self.threshold(kind)))

    def answer_logit(self, claim_scores: Sequence[float], kind: Kind) -> float:
        """The logit of p_unsupported, from the scores of the claims (at least one)."""
        return self.kinds[kind].step.logit(claim_scores)


def pooled(claim_scores: Sequence[float]) -> tuple[float, float, float]:
    """The worst score, the logit of "at least one is wrong" if they were independent, the mean."""
    none_wrong = -math.fsum(_softplus(score) for score in claim_scores)
    any_wrong = -math.expm1(none_wrong)
    any_logit = math.log(max(any_wrong, 1e-300)) - none_wrong
    return max(claim_scores), any_logit, math.fsum(claim_scores) / len(claim_scores)


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


@cache
def default_model() -> Model:
    """The model in the package."""
    text = files("groundwire_evaluators.grounding").joinpath("weights.json").read_text("utf-8")
    values = json.loads(text)
    return Model(
        version=values["version"],
        kinds={kind: _kind_model(values["kinds"][kind]) for kind in KINDS},
        least=tuple(
            MinimumScore(NAMES.index(name), each["above"], each["on_records"])
            for name, each in values["least"].items()
        ),
    )


def _kind_model(values: dict[str, Any]) -> KindModel:
    weights = values["claim"]["weights"]
    if set(weights) != set(NAMES):
        raise ValueError("weights.json and signals.py name different signals")
    worst, any_wrong, mean = (values["answer"]["weights"][name] for name in ANSWER_TERMS)
    return KindModel(
        weights=tuple(weights[name] for name in NAMES),
        intercept=values["claim"]["intercept"],
        threshold=values["claim"]["threshold"],
        step=AnswerStep((worst, any_wrong, mean), values["answer"]["intercept"]),
    )


ANSWER_TERMS = ("worst", "any", "mean")
