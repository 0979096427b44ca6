"""`/api/v1/distributions`: shift of questions and retrieval since the baseline (no alarms)."""

from datetime import datetime
from time import time_ns
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.drift.distributions import (
    Distributions,
    Shares,
    Shift,
    distributions,
)
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.statistics.distribution import Stability

router = APIRouter(prefix="/api/v1/distributions", tags=["distributions"])
DAY_NS = 86_400 * 10**9


class StabilityOut(BaseModel):
    """Population stability index; `noise` is its mean without any change."""

    psi: float
    noise: float

    @classmethod
    def of(cls, found: Stability) -> "StabilityOut":
        return cls(psi=found.index, noise=found.noise)


class ShareOut(BaseModel):
    """Share of a category, before and now."""

    name: str
    before: float
    now: float


class SharesOut(BaseModel):
    """Shares of categories with their stability index."""

    stability: StabilityOut
    shares: list[ShareOut]

    @classmethod
    def of(cls, found: Shares) -> "SharesOut":
        shares = [ShareOut(name=n, before=b, now=w) for n, (b, w) in found.shares.items()]
        return cls(stability=StabilityOut.of(found.stability), shares=shares)


class ShiftOut(BaseModel):
    """10 %, 50 % and 90 % quantiles, before and now."""

    stability: StabilityOut
    before: tuple[float, ...]
    now: tuple[float, ...]

    @classmethod
    def of(cls, found: Shift) -> "ShiftOut":
        stability = StabilityOut.of(found.stability)
        return cls(stability=stability, before=found.before, now=found.now)


class DistributionsOut(BaseModel):
    """Baseline turns against turns since; null or empty where too few.

    `novelty`: how unlike a question is to the most similar one of the baseline, 0 to 1. `scores`:
    the retriever's score of its first chunk, as a rank among those of the baseline.
    """

    service: str
    turns_before: int
    turns_now: int
    topics: SharesOut | None
    routes: SharesOut | None
    novelty: ShiftOut | None
    scores: ShiftOut | None
    relevance: ShiftOut | None

    @classmethod
    def of(cls, found: Distributions) -> "DistributionsOut":
        shares = {name: SharesOut.of(each) for name, each in found.shares.items()}
        shifts = {name: ShiftOut.of(each) for name, each in found.shifts.items()}
        return cls(
            service=found.service,
            turns_before=found.before,
            turns_now=found.now,
            topics=shares.get("topics"),
            routes=shares.get("routes"),
            novelty=shifts.get("novelty"),
            scores=shifts.get("scores"),
            relevance=shifts.get("relevance"),
        )


@router.get("")
def show(
    access: ReadAccess,
    database: Database,
    service: Annotated[str, Query(min_length=1, max_length=200)],
    since: datetime | None = None,
) -> DistributionsOut:
    """One service since a time, a day ago where it is left out; at most 1,000 turns a side."""
    if not access.covers(service):
        raise ProblemError(404, "No such service, or the key may not read it.")
    since_ns = nanoseconds(since)
    with database.connect() as connection:
        found = distributions(
            connection, service, time_ns() - DAY_NS if since_ns is None else since_ns
        )
    return DistributionsOut.of(found)
