"""Estimates page: uncorrected score and label-corrected estimate."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.estimates import agreement
from groundwire_collector.estimates.retrieval import at_ranks
from groundwire_collector.storage import chunk_relevance, labels, probe_runs, score_sums
from groundwire_collector.storage.estimates import Dimension, EstimateFilter
from groundwire_collector.storage.probe_runs import ScheduledProbeRun
from groundwire_collector.web.api.closed_book import SelectedVersion, closed_book_of
from groundwire_collector.web.api.faithfulness import calibrations, faithfulness_by
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.time_range import Range, TimeRange
from groundwire_collector.web.times import LAST_NS
from groundwire_evaluators.reliance.probe.run import summarise

router = APIRouter(include_in_schema=False)
DIMENSIONS: tuple[Dimension, ...] = ("model_version", "prompt_version", "index_version")
PROBES_SHOWN = 5  # newest runs


@router.get("/estimates")
def list_estimates(
    access: ReadAccess,
    database: Database,
    request: Request,
    span: Range,
    service: str = "",
    by: Dimension = "model_version",
) -> HTMLResponse:
    """Faithfulness and context reliance by segment, retrieval, agreement with people."""
    rate = request.app.state.settings.label_rate
    part = EstimateFilter(
        service=service or None,
        services=access.services,
        since_ns=span.since_ns,
        until_ns=span.until_ns,
    )
    with database.connect() as connection:
        faithfulness, agreed = request.app.state.recent_estimates.get(
            ("page", labels.version(connection), service, access.services, span.query_key, by),
            lambda: (
                faithfulness_by(connection, part, by, rate),
                agreement.of_evaluators(connection, part, rate),
            ),
        )
        labellers = agreement.of_labellers(connection, part)
        shifts = calibrations(connection, part)
        which = (access.services, service or None, None)
        closed_book = closed_book_of(connection, which, span.since_ns)
        probes = [
            (run, summarise(probe_runs.results(connection, run)).strata)
            for run in _runs(connection, which, span)[:PROBES_SHOWN]
        ]
        known = score_sums.values(connection, access.services, 0)
        retrieved = chunk_relevance.judged_retrievals(connection, access.services, part.service)
    return page(
        "estimates.html",
        400 if span.problem else 200,
        span=span,
        known=known,
        faithfulness=faithfulness,
        agreement=agreed,
        labellers=labellers,
        calibrations=shifts,
        retrieval=[at for at in at_ranks(retrieved, rate) if at.turns or at.turns_with_recall],
        closed_book=closed_book,
        probes=probes,
        filters={"service": service, "by": by},
        dimensions=DIMENSIONS,
        rate=rate,
    )


def _runs(
    connection: Connection, which: SelectedVersion, span: TimeRange
) -> list[ScheduledProbeRun]:
    """Finished probe runs of a time range, newest first."""
    return [
        run
        for run in probe_runs.finished(connection, *which)
        if (span.since_ns or 0) <= run.started_ns < (span.until_ns or LAST_NS)
    ]
