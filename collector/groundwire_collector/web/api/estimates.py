"""`/api/v1/estimates`: estimates from samples, with intervals and n."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.estimates import agreement
from groundwire_collector.estimates.retrieval import at_ranks
from groundwire_collector.probing import probe_alarms
from groundwire_collector.storage import (
    chunk_relevance,
    labels,
    probe_runs,
)
from groundwire_collector.storage.estimates import (
    MISSED_CHUNKS,
    Dimension,
    EstimateFilter,
    StoredEstimate,
    newest,
)
from groundwire_collector.storage.probe_runs import ScheduledProbeRun
from groundwire_collector.web.api.closed_book import (
    ClosedBookOut,
    SelectedVersion,
    closed_book_of,
)
from groundwire_collector.web.api.faithfulness import (
    AgreementOut,
    FaithfulnessOut,
    FittedShiftOut,
    LabellersOut,
    RatioOut,
    RetrievalOut,
    calibrations,
    faithfulness_by,
)
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.reliance.probe.comparison import RunComparison
from groundwire_evaluators.reliance.probe.run import ProbeRun, summarise

router = APIRouter(prefix="/api/v1/estimates", tags=["estimates"])

RUNS = 20  # newest probe runs in the response


class ComparisonOut(BaseModel):
    """Comparison of a probe run with a reference.

    `change` is of the mean signed score, in [-2, 2]; `override` is the alarm, `general` means that
    the clean arm fell as well.
    """

    override: bool
    general: bool
    items: int
    change: float
    interval: tuple[float, float]
    alpha: float
    mcnemar_p: float
    turned: list[str]

    @classmethod
    def of(cls, compared: RunComparison | None) -> "ComparisonOut | None":
        if compared is None:
            return None
        reliance = compared.reliance
        return cls(
            override=compared.override,
            general=compared.general,
            items=reliance.items,
            change=reliance.change,
            interval=reliance.interval,
            alpha=reliance.alpha,
            mcnemar_p=compared.mcnemar.p_value,
            turned=list(compared.turned),
        )


class ProbeOut(BaseModel):
    """Finished probe run: memorization ratio per stratum, with its counts."""

    service: str
    model: str
    model_version: str
    prompt_version: str
    pack: str
    digest: str
    prompt: str
    started_at: datetime
    ended_at: datetime | None
    strata: dict[str, Any]
    calls: int
    failures: dict[str, int]
    tokens: dict[str, int]
    against_baseline: ComparisonOut | None
    against_best: ComparisonOut | None

    @classmethod
    def of(
        cls, run: ScheduledProbeRun, held: ProbeRun, comparison: probe_alarms.ProbeComparison
    ) -> "ProbeOut":
        summary = summarise(held)
        names = ("service", "model", "model_version", "prompt_version", "pack", "digest", "prompt")
        return cls(
            **{name: getattr(run, name) for name in names},
            started_at=moment(run.started_ns),
            ended_at=moment(run.ended_ns) if run.ended_ns is not None else None,
            strata=summary.strata,
            calls=summary.calls,
            failures=summary.failures,
            tokens=summary.tokens,
            against_baseline=ComparisonOut.of(comparison.baseline),
            against_best=ComparisonOut.of(comparison.best),
        )


class MissedChunksOut(BaseModel):
    """Share of turns that only chunks stored with others answer.

    By route; `example`: id of the newest such turn. docs/reference/retrieval.md.
    """

    service: str
    route: str
    share: RatioOut
    example: str | None

    @classmethod
    def of(cls, stored: StoredEstimate) -> "MissedChunksOut":
        found = stored.estimate
        share = RatioOut(value=found["value"], interval=found["interval"], n=found["turns"])
        return cls(
            service=stored.service, route=stored.value, share=share, example=found["example"]
        )


class EstimatesOut(BaseModel):
    """Current estimates; `closed_book` and `probe` measure context reliance on different turns."""

    faithfulness: list[FaithfulnessOut]
    agreement: list[AgreementOut]
    labellers: list[LabellersOut]
    calibrations: list[FittedShiftOut]
    retrieval: list[RetrievalOut]
    missed_chunks: list[MissedChunksOut]
    closed_book: list[ClosedBookOut]
    probe: list[ProbeOut]


@router.get("")
def list_estimates(
    access: ReadAccess,
    database: Database,
    request: Request,
    service: str | None = None,
    model_version: str | None = None,
    prompt_version: str | None = None,
    index_version: str | None = None,
    by: Dimension = "model_version",
    since: datetime | None = None,
    until: datetime | None = None,
    runs: Annotated[int, Query(ge=1, le=RUNS, description="Probe runs, newest first.")] = 5,
) -> EstimatesOut:
    """Current estimates from samples, with intervals.

    Faithfulness corrected by people and judges, by service and `by`, of the newest 50,000 scored
    turns that match; evaluators' agreement with people; calibration by a service's labels;
    precision and recall at k where chunks are labelled; context reliance from closed-book calls,
    by model_version, and from scheduled probe runs.
    """
    rate = request.app.state.settings.label_rate
    which = (access.services, service, model_version)
    part = EstimateFilter(
        service=service,
        services=access.services,
        model_version=model_version,
        prompt_version=prompt_version,
        index_version=index_version,
        since_ns=nanoseconds(since),
        until_ns=nanoseconds(until),
    )
    with database.connect() as connection:
        faithfulness, agreed = request.app.state.recent_estimates.get(
            ("api", labels.version(connection), part, by),
            lambda: (
                faithfulness_by(connection, part, by, rate),
                agreement.of_evaluators(connection, part, rate),
            ),
        )
        return EstimatesOut(
            faithfulness=faithfulness,
            agreement=[AgreementOut.of(found) for found in agreed],
            labellers=[
                LabellersOut.of(found) for found in agreement.of_labellers(connection, part)
            ],
            calibrations=calibrations(connection, part),
            retrieval=_retrieval(connection, access, service, index_version, rate),
            missed_chunks=[
                MissedChunksOut.of(stored)
                for stored in newest(connection, MISSED_CHUNKS, access.services)
                if service in (None, stored.service)
            ],
            closed_book=closed_book_of(connection, which, part.since_ns),
            probe=_probes(connection, which, runs),
        )


def _retrieval(
    connection: Connection,
    access: Access,
    service: str | None,
    index_version: str | None,
    rate: float,
) -> list[RetrievalOut]:
    judged = chunk_relevance.judged_retrievals(connection, access.services, service)
    return [
        RetrievalOut.of(at)
        for at in at_ranks(judged, rate)
        if index_version in (None, at.index_version)
    ]


def _probes(connection: Connection, which: SelectedVersion, most: int) -> list[ProbeOut]:
    return [
        ProbeOut.of(run, probe_runs.results(connection, run), probe_alarms.compare(connection, run))
        for run in probe_runs.finished(connection, *which)[:most]
    ]
