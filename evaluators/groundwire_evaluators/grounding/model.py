"""Logistic claim and answer model with weights from `weights.json`.

A claim's score is a weighted sum of log(1 + signal). An answer's p_unsupported comes from its worst
claim, from the chance that any claim is wrong, and from the mean. Trained by
`benchmarks/train_grounding.py`.

Why: docs/decisions/0040-grounding-by-words-and-facts.md
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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
class Model:
    """Weights of both steps, with the thresholds of claims.

    Prose and records have a threshold and an answer step each: prose about a record words
    everything anew, so that more words are new in good claims too, and most of it is wrong
    somewhere. `least` are findings that are enough alone, however few words a claim has.
    """

    version: str
    claim_weights: tuple[float, ...]
    claim_intercept: float
    claim_threshold: float
    record_threshold: float
    prose: AnswerStep
    records: AnswerStep
    least: tuple[MinimumScore, ...] = ()

    def weighted_score(self, signals: Sequence[float]) -> float:
        """The logit of a claim by its weights alone."""
        return self.claim_intercept + math.fsum(
            weight * math.log1p(signal)
            for weight, signal in zip(self.claim_weights, signals, strict=True)
            if weight and signal
        )

    def with_minimums(
        self, weighted_score: float, signals: Sequence[float], on_records: bool
    ) -> float:
        """A claim's logit by its weights, raised to the least score of its findings."""
        threshold = self.threshold(on_records)
        score = weighted_score
        for least in self.least:
            if signals[least.signal] and (least.on_records or not on_records):
                score = max(score, threshold + least.above)
        return score

    def threshold(self, on_records: bool) -> float:
        """The score from which a claim is not supported."""
        return self.record_threshold if on_records else self.claim_threshold

    def answer_score(self, weighted_score: float, score: float, on_records: bool) -> float:
        """The score of a claim among others, as it counts for its answer.

        A finding decides the verdict of its claim, but lifts an answer of several claims no
        further than the threshold: beyond it the words rank answers better.
        """
        return min(score, max(weighted_score, self.threshold(on_records)))

    def answer_logit(self, claim_scores: Sequence[float], on_records: bool) -> float:
        """The logit of p_unsupported, from the scores of the claims (at least one)."""
        return (self.records if on_records else self.prose).logit(claim_scores)


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
    weights = values["claim"]["weights"]
    if set(weights) != set(NAMES):
        raise ValueError("weights.json and signals.py name different signals")
    return Model(
        version=values["version"],
        claim_weights=tuple(weights[name] for name in NAMES),
        claim_intercept=values["claim"]["intercept"],
        claim_threshold=values["claim"]["threshold"],
        record_threshold=values["claim"]["record_threshold"],
        prose=_answer_step(values["prose"]),
        records=_answer_step(values["records"]),
        least=tuple(
            MinimumScore(NAMES.index(name), each["above"], each["on_records"])
            for name, each in values["least"].items()
        ),
    )


def _answer_step(values: dict[str, Any]) -> AnswerStep:
    worst, any_wrong, mean = (values["weights"][name] for name in ANSWER_TERMS)
    return AnswerStep((worst, any_wrong, mean), values["intercept"])


ANSWER_TERMS = ("worst", "any", "mean")
