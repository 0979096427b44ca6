"""API response models of faithfulness, agreement and retrieval estimates."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection

from groundwire_collector.estimates.agreement import EvaluatorAgreement, LabellerAgreement
from groundwire_collector.estimates.calibration import CALIBRATION, newest_of_service
from groundwire_collector.estimates.faithfulness import FaithfulnessEstimate, faithfulness
from groundwire_collector.estimates.refresh import FAITHFULNESS
from groundwire_collector.estimates.retrieval import RetrievalAtK
from groundwire_collector.storage import estimates
from groundwire_collector.storage.estimates import Dimension, EstimateFilter, StoredEstimate
from groundwire_collector.web.api.models import moment
from groundwire_evaluators.statistics import Estimate, Reliability

ESTIMAND = "share of faithful answers among all scored turns since the baseline"
Pair = tuple[float, float]


class RatioOut(BaseModel):
    """Ratio with its 95 % interval; `value` null where n is 0."""

    value: float | None
    interval: Pair
    n: int

    @classmethod
    def of(cls, estimate: Estimate) -> "RatioOut":
        return cls(value=estimate.value, interval=estimate.interval, n=estimate.n)


class AnytimeOut(BaseModel):
    """Anytime-valid interval of the realised share since the baseline.

    `unknown` of the turns it spans were drawn and not decided; they count against both ends.
    """

    estimand: str
    value: float | None
    interval: Pair
    turns: int
    labels: int
    unknown: int
    since: datetime
    until: datetime
    computed_at: datetime

    @classmethod
    def of(cls, stored: StoredEstimate | None) -> "AnytimeOut | None":
        anytime = stored.estimate.get("anytime") if stored else None
        if stored is None or anytime is None:
            return None
        return cls(
            estimand=ESTIMAND,
            **{name: anytime[name] for name in ("value", "interval", "turns", "labels", "unknown")},
            since=moment(anytime["since_ns"]),
            until=moment(anytime["until_ns"]),
            computed_at=moment(stored.updated_ns),
        )


class FaithfulnessOut(BaseModel):
    """Share of answers without an unsupported claim, in one segment.

    `reference` is `human` or `judge`; a correction toward a judge holds for what that judge says.
    `cheap` is the mean of 1 - p_unsupported over the `scored` turns, before any correction.
    `effective_labels` evenly drawn labels alone would tell as much as the `labels` do with it.
    `drawn` turns were drawn, `labels` of them decided: `coverage` is their ratio. `chosen` turns
    were labelled without having been drawn, and are left out.
    """

    service: str
    dimension: Dimension
    value: str | None
    reference: str
    evaluator: str | None
    revision: str | None
    cheap: float | None
    faithfulness: float | None
    interval: Pair
    level: float = 0.95
    method: str
    reason: str
    statement: str
    labels: int
    rare: int
    scored: int
    drawn: int
    chosen: int
    coverage: float | None
    effective_labels: float
    labels_only: Pair
    since: datetime
    until: datetime
    anytime: AnytimeOut | None

    @classmethod
    def of(
        cls, found: FaithfulnessEstimate, dimension: Dimension, stored: StoredEstimate | None
    ) -> "FaithfulnessOut":
        rate = found.rate
        return cls(
            service=found.service,
            dimension=dimension,
            value=found.value or None,
            reference=found.reference,
            evaluator=found.evaluator or None,
            revision=found.revision or None,
            cheap=rate.cheap,
            faithfulness=rate.value,
            interval=rate.interval,
            method=rate.method.value,
            reason=rate.reason,
            statement=found.statement,
            labels=rate.n,
            rare=rate.rare,
            scored=rate.total,
            drawn=found.drawn,
            chosen=found.chosen,
            coverage=rate.n / found.drawn if found.drawn else None,
            effective_labels=rate.effective,
            labels_only=rate.labels_only,
            since=moment(found.since_ns),
            until=moment(found.until_ns),
            anytime=AnytimeOut.of(stored),
        )


class BinOut(BaseModel):
    """Calibration bin: mean predicted probability and observed share."""

    predicted: float
    observed: float
    interval: Pair
    n: int


class CalibrationOut(BaseModel):
    """Reliability diagram and calibration error.

    `error_of_chance` is what a perfect probability would show as `error` in these bins.
    """

    bins: list[BinOut]
    error: float | None
    error_of_chance: float | None
    brier: float | None
    brier_interval: Pair | None

    @classmethod
    def of(cls, found: Reliability) -> "CalibrationOut":
        names = ("predicted", "observed", "interval", "n")
        return cls(
            bins=[BinOut(**{name: getattr(each, name) for name in names}) for each in found.bins],
            error=found.error,
            error_of_chance=found.error_of_chance,
            brier=found.brier.value if found.brier else None,
            brier_interval=found.brier.interval if found.brier else None,
        )


class AgreementOut(BaseModel):
    """Agreement of an evaluator with people; positive: the answer is unfaithful."""

    evaluator: str
    revision: str
    turns: int
    kappa: float | None
    kappa_interval: Pair
    agreed: RatioOut
    sensitivity: RatioOut
    specificity: RatioOut
    calibration: CalibrationOut | None

    @classmethod
    def of(cls, found: EvaluatorAgreement) -> "AgreementOut":
        agreement = found.agreement
        return cls(
            evaluator=found.evaluator,
            revision=found.revision,
            turns=found.turns,
            kappa=agreement.kappa.value,
            kappa_interval=agreement.kappa.interval,
            agreed=RatioOut.of(agreement.agreed),
            sensitivity=RatioOut.of(agreement.sensitivity),
            specificity=RatioOut.of(agreement.specificity),
            calibration=CalibrationOut.of(found.calibration) if found.calibration else None,
        )


class FittedShiftOut(BaseModel):
    """Shift of p_unsupported's logit, fitted to a service's labels.

    Errors are mean gaps of probability and labelled share in five groups: of the score as it is,
    and of the shifted one, cross-fitted. The stored scores are not shifted.
    """

    service: str
    evaluator: str
    revision: str
    shift: float
    standard_error: float
    labels: int
    error_before: float
    error_after: float
    computed_at: datetime

    @classmethod
    def of(cls, stored: StoredEstimate) -> "FittedShiftOut":
        return cls(
            service=stored.service,
            evaluator=stored.evaluator,
            revision=stored.value,
            computed_at=moment(stored.updated_ns),
            **stored.estimate,
        )


class LabellersOut(BaseModel):
    """Agreement of two labellers, over answers that both decided."""

    labellers: tuple[str, str]
    kappa: float | None
    interval: Pair
    turns: int

    @classmethod
    def of(cls, found: LabellerAgreement) -> "LabellersOut":
        kappa = found.kappa
        return cls(
            labellers=found.labellers, kappa=kappa.value, interval=kappa.interval, turns=kappa.n
        )


class RetrievalOut(BaseModel):
    """Ranking measures at `k` from chunk labels (recall, nDCG: upper bounds)."""

    service: str
    index_version: str | None
    k: int
    precision: RatioOut
    recall: RatioOut
    mrr: RatioOut
    ndcg: RatioOut

    @classmethod
    def of(cls, at: RetrievalAtK) -> "RetrievalOut":
        return cls(
            service=at.service,
            index_version=at.index_version or None,
            k=at.k,
            precision=RatioOut(value=at.precision, interval=at.precision_interval, n=at.turns),
            recall=RatioOut(value=at.recall, interval=at.recall_interval, n=at.turns_with_recall),
            mrr=RatioOut(value=at.mrr, interval=at.mrr_interval, n=at.turns_with_rank),
            ndcg=RatioOut(value=at.ndcg, interval=at.ndcg_interval, n=at.turns_with_recall),
        )


def faithfulness_by(
    connection: Connection, part: EstimateFilter, dimension: Dimension, label_rate: float
) -> list[FaithfulnessOut]:
    """Live estimates, each with the worker's anytime-valid interval."""
    newest = {
        (each.service, each.value, each.reference, each.evaluator): each
        for each in estimates.newest(connection, FAITHFULNESS, part.services)
        if dimension == "model_version"
    }
    return [
        FaithfulnessOut.of(
            found,
            dimension,
            newest.get((found.service, found.value, found.reference, found.evaluator)),
        )
        for found in faithfulness(connection, part, dimension, label_rate)
    ]


def calibrations(connection: Connection, part: EstimateFilter) -> list[FittedShiftOut]:
    """The shift that the worker fitted to each service's labels."""
    stored = estimates.newest(connection, CALIBRATION, part.services)
    return [
        FittedShiftOut.of(each)
        for each in newest_of_service(stored)
        if part.service in (None, each.service)
    ]
