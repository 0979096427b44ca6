"""Page that compares two versions of a service."""

from time import time_ns
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.offline.version_comparison import COMPARED, VersionPair
from groundwire_collector.storage import drift, score_sums
from groundwire_collector.web.api.compare import CompareOut, MeasureOut, compare_pair
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.time_range import Range, TimeRange

router = APIRouter(include_in_schema=False)
Dimension = Literal["model_version", "prompt_version", "index_version", "tenant"]
MOST = 500  # turns of each side; the API compares up to 20,000
PAIRS = 8
WORDS = {
    "pass": "within the margin",
    "better": "better",
    "worse": "worse",
    "changed": "changed",
    "undecided": "undecided",
    "not_comparable": "not comparable",
}
TONES = {"pass": "good", "better": "good", "worse": "bad", "changed": "warn"}


@router.get("/compare")
def compare(
    access: ReadAccess,
    database: Database,
    request: Request,
    span: Range,
    service: str = "",
    baseline: str = "",
    candidate: str = "",
    dimension: Annotated[Dimension, Query()] = "model_version",
) -> HTMLResponse:
    """Two versions over one period, within strata that both have."""
    if not (span.query or span.problem):
        span = TimeRange.of({"range": "7d"}, time_ns())
    complete = bool(service and baseline and candidate) and not span.problem
    with database.connect() as connection:
        found = None
        if complete and access.covers(service):
            pair = VersionPair(
                service=service,
                baseline=baseline,
                candidate=candidate,
                dimension=dimension,
                since_ns=span.since_ns,
                until_ns=span.until_ns,
                most=MOST,
            )
            found = request.app.state.recent_estimates.get(
                ("page of compare", pair.over(None, None), span.query_key, access.services),
                lambda: compare_pair(connection, pair, request.app.state.settings),
            )
        known = score_sums.values(connection, access.services, 0)
        pairs = _pairs(connection, access)
    return page(
        "compare.html",
        400 if span.problem else 200,
        span=span,
        found=found,
        bars={} if found is None else _bars(found),
        filters={
            "service": service,
            "baseline": baseline,
            "candidate": candidate,
            "dimension": dimension,
        },
        known=known,
        versions=known.get(dimension, []),
        pairs=pairs,
        words=WORDS,
        tones=TONES,
    )


def _pairs(connection: Connection, access: Access) -> list[dict[str, str]]:
    """The newest version of each dimension with the one before it."""
    by_dimension: dict[tuple[str, str], list[str]] = {}
    for each in sorted(drift.dimension_values(connection), key=lambda value: value.position):
        if each.dimension in COMPARED and access.covers(each.service):
            by_dimension.setdefault((each.service, each.dimension), []).append(each.value)
    return [
        {
            "service": service,
            "dimension": dimension,
            "baseline": values[-2],
            "candidate": values[-1],
        }
        for (service, dimension), values in sorted(by_dimension.items())
        if len(values) > 1
    ][:PAIRS]


def _bars(found: CompareOut) -> dict[str, tuple[str, str, str]]:
    """Interval and change of each measure in percent of a common axis around no change."""
    return {one.measure: _bar(one) for one in found.measures if one.interval is not None}


def _bar(one: MeasureOut) -> tuple[str, str, str]:
    low, high = one.interval or (0.0, 0.0)
    widest = max(abs(low), abs(high), one.margin, 1e-9) * 1.1
    places = [f"{50 + 50 * value / widest:.2f}%" for value in (low, high, one.change or 0.0)]
    return places[0], places[1], places[2]
