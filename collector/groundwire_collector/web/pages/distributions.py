"""Distributions page: shift of questions and retrieval since the baseline."""

from time import time_ns
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.drift.distributions import distributions
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
DAY_NS = 86_400 * 10**9


@router.get("/distributions")
def show(
    access: ReadAccess,
    database: Database,
    service: Annotated[str, Query(min_length=1, max_length=200)],
    days: Annotated[float, Query(gt=0, le=3650)] = 1.0,
) -> HTMLResponse:
    """One service, the last days against its baseline."""
    if not access.covers(service):
        return page("missing.html", 404, what="service")
    with database.connect() as connection:
        found = distributions(connection, service, time_ns() - round(days * DAY_NS))
    return page("distributions.html", found=found, days=days)
