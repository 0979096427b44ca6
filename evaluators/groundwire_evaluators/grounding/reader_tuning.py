"""Tuning of a reader to an application's labels, with a held-out report.

A linear adaptation of the model's outputs and the weights of the card are fitted; the model stays.
Nothing of it needs more than numpy and the reader itself.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.kinds import Kind, kind_of
from groundwire_evaluators.grounding.model import Model, default_model
from groundwire_evaluators.grounding.read_claims import ReadClaim, claims_to_read
from groundwire_evaluators.grounding.reader_weights import (
    ClaimToRead,
    ReadClaims,
    area,
    fit_weights,
)
from groundwire_evaluators.grounding.reading_pairs import pair_of
from groundwire_evaluators.grounding.signals import Comparison, measure_signals
from groundwire_evaluators.reader.adaptation import EITHER, Adaptation, fit_adaptation, log_loss
from groundwire_evaluators.reader.card import Card, ReaderWeights
from groundwire_evaluators.reader.onnx_reader import OnnxReader, Outputs
from groundwire_evaluators.reader.protocol import ReaderLabel
from groundwire_evaluators.turn import Turn

FEWEST_CLAIMS, FEWEST_WRONG = 60, 10
_FOLDS = 5
_RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0)
_GAIN = 0.005  # nats of log loss a claim from which an adaptation is used
_LABELS = {
    Verdict.SUPPORTED: ReaderLabel.SUPPORTED,
    Verdict.CONTRADICTED: ReaderLabel.CONTRADICTED,
    Verdict.UNSUPPORTED: EITHER,
}
_WORST = (Verdict.CONTRADICTED, Verdict.UNSUPPORTED, Verdict.SUPPORTED)
Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VerdictOnText:
    """Verdict on a range of an answer, or on all of it."""

    verdict: Verdict
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim with its label.

    Claims of one `source` (question) are held out together.
    """

    claim: ClaimToRead
    label: int
    source: str


@dataclass(frozen=True, slots=True)
class Tuned:
    """Result of tuning: weights, adaptation (None: no gain), cross-fitted figures."""

    weights: ReaderWeights
    adaptation: Adaptation | None
    report: dict[str, object] = field(default_factory=dict)


def claims_to_fit(turn: Turn, card: Card, model: Model | None = None) -> list[ClaimToRead]:
    """The claims of an answer that a reader with this card would be asked about."""
    model = model or default_model()
    made = [(c, r) for c, r in comparisons(turn) if c.skip_reason is None]
    on_records = any(p.record is not None for _, r in made for p in r.passages)
    kind = kind_of(turn.question, on_records)
    if kind == "records":
        return []
    threshold = model.threshold(kind)
    scores = [_score(comparison, model, kind) for _, comparison in made]
    found = []
    for at in claims_to_read(scores, threshold):
        candidate, comparison = made[at]
        pair = pair_of(comparison, candidate.lead, turn.question, card.evidence_words)
        found.append(ClaimToRead(candidate, pair, scores[at], threshold, kind == "summaries"))
    return found


def _score(comparison: Comparison, model: Model, kind: Kind) -> float:
    signals = measure_signals(comparison)
    return model.with_minimums(model.weighted_score(signals, kind), signals, kind)


def labelled_claims(
    turn: Turn, verdicts: Sequence[VerdictOnText], card: Card
) -> list[LabelledClaim]:
    """The claims of an answer that a reader would be asked about and whose verdict is known.

    A verdict on a range counts for the claims that overlap it, the worst first; one on the whole
    answer for all claims if it is good, and for the only claim if it is bad.
    """
    claims = claims_to_fit(turn, card)
    whole = [each.verdict for each in verdicts if each.start is None]
    found = []
    for claim in claims:
        own = [each.verdict for each in verdicts if _overlaps(each, claim)]
        if not own and (len(claims) == 1 or whole == [Verdict.SUPPORTED]):
            own = whole
        verdict = next((each for each in _WORST if each in own), None)
        if verdict is not None:
            source = turn.question or turn.id
            found.append(LabelledClaim(claim, int(_LABELS[verdict]), source))
    return found


def _overlaps(each: VerdictOnText, claim: ClaimToRead) -> bool:
    if each.start is None or each.end is None:
        return False
    return each.start < claim.candidate.end and claim.candidate.start < each.end


def tune(reader: OnnxReader, claims: Sequence[LabelledClaim]) -> Tuned:
    """Fit adaptation and weights to all claims; figures from five folds by source.

    Raises:
        ValueError: fewer than 60 claims, or than 10 of them unsupported.
    """
    labels = np.array([each.label for each in claims], np.int64)
    wrong = int((labels != ReaderLabel.SUPPORTED).sum())
    if len(claims) < FEWEST_CLAIMS or wrong < FEWEST_WRONG:
        raise ValueError(
            f"{len(claims)} claims, {wrong} of them unsupported; at least {FEWEST_CLAIMS} and "
            f"{FEWEST_WRONG} are needed"
        )
    outputs = reader.outputs([each.claim.pair for each in claims])
    logits = _logits(outputs)
    folds = _folds(claims)
    ridge = _best_ridge(logits, outputs.features, labels, folds)
    rows = _held_out_rows(logits, outputs.features, labels, folds, ridge)
    final = None if ridge is None else fit_adaptation(logits, outputs.features, labels, ridge)
    adapted = logits if final is None else final.logits(logits, outputs.features)
    weights = fit_weights(_read(claims, _shares(adapted), labels))
    report = {
        "claims": len(claims),
        "unsupported": wrong,
        "sources": len({each.source for each in claims}),
        "adapted": final is not None,
        "log_loss": {
            "before": log_loss(logits, labels),
            "after": log_loss(np.log(np.maximum(rows, 1e-12)), labels),
        },
        "auroc": _areas(claims, labels, folds, outputs.probabilities, rows, reader.card.weights),
    }
    return Tuned(weights, _joined(reader.adaptation, final), report)


def _logits(outputs: Outputs) -> Array:
    """Logits of the three classes, an earlier adaptation included."""
    return np.log(np.maximum(outputs.probabilities, 1e-9))


def _joined(before: Adaptation | None, new: Adaptation | None) -> Adaptation | None:
    """One adaptation for two, of the same features."""
    if before is None or new is None:
        return new or before
    scale = np.ones_like(new.scale)
    weights = before.weights / before.scale[:, None] + new.weights / new.scale[:, None]
    return Adaptation(weights, before.bias + new.bias, scale)


def _folds(claims: Sequence[LabelledClaim]) -> Integers:
    """A fold for each claim, as many claims in each as sources allow."""
    counts: dict[str, int] = defaultdict(int)
    for each in claims:
        counts[each.source] += 1
    sizes, fold_of = [0] * _FOLDS, {}
    for source in sorted(counts, key=lambda name: (-counts[name], crc32(name.encode()))):
        fold_of[source] = min(range(_FOLDS), key=lambda fold: sizes[fold])
        sizes[fold_of[source]] += counts[source]
    return np.array([fold_of[each.source] for each in claims])


def _splits(folds: Integers) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    for fold in range(_FOLDS):
        if (folds == fold).any() and (folds != fold).any():
            yield folds != fold, folds == fold


def _best_ridge(logits: Array, features: Array, labels: Integers, folds: Integers) -> float | None:
    """The ridge of the least held-out log loss; None where no adaptation gains enough."""
    losses = {
        ridge: log_loss(
            np.log(np.maximum(_held_out_rows(logits, features, labels, folds, ridge), 1e-12)),
            labels,
        )
        for ridge in _RIDGES
    }
    best = min(losses, key=lambda ridge: losses[ridge])
    return best if losses[best] < log_loss(logits, labels) - _GAIN else None


def _held_out_rows(
    logits: Array, features: Array, labels: Integers, folds: Integers, ridge: float | None
) -> Array:
    """Probabilities of each claim by an adaptation to the other folds."""
    rows = _shares(logits)
    if ridge is None:
        return rows
    for train, test in _splits(folds):
        fitted = fit_adaptation(logits[train], features[train], labels[train], ridge)
        rows[test] = _shares(fitted.logits(logits[test], features[test]))
    return rows


def _areas(
    claims: Sequence[LabelledClaim],
    labels: Integers,
    folds: Integers,
    before: Array,
    after: Array,
    weights: ReaderWeights,
) -> dict[str, float]:
    """Areas under the curve of claims by words, with the reader as it was, and tuned."""
    plain, tuned = _read(claims, before, labels), _read(claims, after, labels)
    scores = np.zeros(len(claims))
    for train, test in _splits(folds):
        scores[test] = _scores(tuned.part(test), fit_weights(tuned.part(train)))
    return {
        "words": area(plain.margins, plain.wrong),
        "reader": area(_scores(plain, weights), plain.wrong),
        "tuned": area(scores, tuned.wrong),
    }


def _read(claims: Sequence[LabelledClaim], rows: Array, labels: Integers) -> ReadClaims:
    wrong = (labels != ReaderLabel.SUPPORTED).tolist()
    return ReadClaims.of([each.claim for each in claims], rows, wrong)


def _scores(claims: ReadClaims, weights: ReaderWeights) -> Array:
    """Margins of claims over the threshold, once read."""
    found = []
    for margin, row, summary in zip(claims.margins, claims.rows, claims.summary, strict=True):
        read = ReadClaim.of(row, weights, summary=bool(summary))
        score = float(margin) + read.change
        found.append(max(score, read.above) if read.contradicted else score)
    return np.array(found)


def _shares(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares
