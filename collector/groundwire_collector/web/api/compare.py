"""`/api/v1/compare`: two versions over one period, within shared strata."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.errors import UsageError
from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.offline.traffic_strata import MixShare
from groundwire_collector.offline.version_comparison import (
    MOST,
    ComparedMeasure,
    RawMean,
    VersionComparison,
    VersionPair,
    compare_versions,
)
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.settings import Settings
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.api.parameters import known_parameters_only
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.gate.margins import Rules, load_rules

router = APIRouter(prefix="/api/v1/compare", tags=["compare"])
Text = Annotated[str, Query(min_length=1, max_length=200)]
Pair = tuple[float, float]
ComparedName = Literal[
    "model_version", "prompt_version", "index_version", "adapter", "release", "tenant"
]


class SideCounts(BaseModel):
    """A number of each side."""

    baseline: float
    candidate: float


class RawMeanOut(BaseModel):
    """Mean of one side, not standardised; null without values."""

    value: float | None
    n: int

    @classmethod
    def of(cls, found: RawMean) -> "RawMeanOut":
        return cls(value=found.value, n=found.n)


class MixShareOut(BaseModel):
    """Share of a value of a dimension among each side's turns."""

    dimension: str
    value: str
    baseline: float
    candidate: float

    @classmethod
    def of(cls, found: MixShare) -> "MixShareOut":
        return cls(
            dimension=found.dimension,
            value=found.value,
            baseline=found.baseline,
            candidate=found.candidate,
        )


class MeasureOut(BaseModel):
    """One measure of two versions.

    `baseline` and `candidate` are means within the shared strata, weighed alike (geometric means
    where `relative`); `change` is their difference, or their ratio less 1 where `relative`;
    `interval` is of `change`, null without bounds; `raw` are the plain means, each of its own mix.
    `outcome`: pass (within the margin), better, worse, changed, undecided, not_comparable.
    `p_worse` must fall below `threshold` for worse: alpha is shared by all deciding measures.
    """

    measure: str
    better: Literal["higher", "lower", "same"]
    margin: float
    relative: bool
    decides: bool
    outcome: str
    reason: str
    baseline: float | None
    candidate: float | None
    change: float | None
    interval: Pair | None
    n_baseline: int
    n_candidate: int
    p_worse: float
    threshold: float
    raw_baseline: RawMeanOut
    raw_candidate: RawMeanOut

    @classmethod
    def of(cls, found: ComparedMeasure) -> "MeasureOut":
        decision, contrast = found.decision, found.decision.contrast
        interval = decision.interval
        bounded = interval is not None and abs(interval.low) + abs(interval.high) < float("inf")
        return cls(
            measure=decision.measure,
            better=decision.rule.better.value,
            margin=decision.rule.margin,
            relative=decision.rule.relative,
            decides=decision.rule.decides,
            outcome=decision.outcome.value,
            reason=decision.reason,
            baseline=contrast.before if contrast else None,
            candidate=contrast.after if contrast else None,
            change=contrast.change if contrast else None,
            interval=(interval.low, interval.high) if interval and bounded else None,
            n_baseline=contrast.n[0] if contrast else found.raw[0].n,
            n_candidate=contrast.n[1] if contrast else found.raw[1].n,
            p_worse=decision.p_worse,
            threshold=decision.threshold,
            raw_baseline=RawMeanOut.of(found.raw[0]),
            raw_candidate=RawMeanOut.of(found.raw[1]),
        )


class CompareOut(BaseModel):
    """Two versions compared.

    `concurrent`: both ran in [since, until), and only that time counts; else a change of the
    world cannot be told from one of the version. `strata` divide the turns, `shared` is the share
    of each side's turns in strata that both have; `confounded` are dimensions on which the versions
    share no value. `mix` shows how the traffic differs, which is no difference of the versions.
    """

    service: str
    dimension: str
    baseline: str
    candidate: str
    since: datetime
    until: datetime
    concurrent: bool
    outcome: str
    alpha: float
    level: float
    turns: SideCounts
    strata: list[str]
    shared: SideCounts
    confounded: list[str]
    mix: list[MixShareOut]
    measures: list[MeasureOut]

    @classmethod
    def of(cls, found: VersionComparison, rules: Rules) -> "CompareOut":
        pair, strata = found.pair, found.strata
        return cls(
            service=pair.service,
            dimension=pair.dimension,
            baseline=pair.baseline,
            candidate=pair.candidate,
            since=moment(found.since_ns),
            until=moment(found.until_ns),
            concurrent=found.concurrent,
            outcome=found.outcome.value,
            alpha=rules.alpha,
            level=rules.level,
            turns=_counts(found.turns),
            strata=list(strata.dimensions) if strata else [],
            shared=_counts(strata.shared if strata else (0.0, 0.0)),
            confounded=list(strata.confounded) if strata else [],
            mix=[MixShareOut.of(each) for each in found.mix],
            measures=[MeasureOut.of(each) for each in found.measures],
        )


@router.get("", dependencies=[Depends(known_parameters_only)])
def compare(
    access: ReadAccess,
    database: Database,
    request: Request,
    service: Text,
    baseline: Text,
    candidate: Text,
    dimension: ComparedName = "model_version",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Annotated[int, Query(ge=30, le=20_000, description="Turns of each side.")] = MOST,
) -> CompareOut:
    """Compare two versions of a service, as a canary deployment or an A/B test runs them.

    Of the last seven days where `since` is not set; within strata of route, tenant, other versions,
    topic and time that both versions have.
    """
    if not access.covers(service):
        raise ProblemError(404, "No such service, or the key may not read it.")
    pair = VersionPair(
        service=service,
        baseline=baseline,
        candidate=candidate,
        dimension=dimension,
        since_ns=nanoseconds(since),
        until_ns=nanoseconds(until),
        most=limit,
    )
    with database.connect() as connection:
        return request.app.state.recent_estimates.get(  # type: ignore[no-any-return]
            ("compare", pair),
            lambda: compare_pair(connection, pair, request.app.state.settings),
        )


def rules_of(settings: Settings) -> Rules:
    """Margins of the settings; raises UsageError where their file cannot be read."""
    try:
        return load_rules(settings.margins)
    except ValueError as error:
        raise UsageError(str(error)) from error


def compare_pair(connection: Connection, pair: VersionPair, settings: Settings) -> CompareOut:
    """Response for a pair of versions, with the margins and prices of the settings."""
    rules = rules_of(settings)
    prices = PriceList.load(settings.prices) if settings.prices else None
    return CompareOut.of(compare_versions(connection, pair, rules, prices), rules)


def _counts(sides: Sequence[float]) -> SideCounts:
    return SideCounts(baseline=sides[0], candidate=sides[1])
