"""`/api/v1/versions`: versions of a service, their share over time."""

from collections import Counter
from datetime import datetime
from time import time_ns
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.offline.version_shares import (
    VersionShare,
    VersionShares,
    version_shares,
)
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage.version_turns import VersionQuery
from groundwire_collector.web.api.alarm_models import RolloutOut
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.api.parameters import known_parameters_only
from groundwire_collector.web.api.training_files import AdapterOut, TrainingPage, training_of
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds

router = APIRouter(prefix="/api/v1/versions", tags=["compare"])
DAYS_NS = 7 * 86_400 * 10**9
VersionDimension = Literal["model_version", "prompt_version", "index_version", "adapter", "release"]


class VersionOut(BaseModel):
    """Version of a dimension, its turns and its share of them.

    `share` and `turns` are of the period, `shares` of its parts. A share is of the turns that carry
    a version, null in a part without any. `first_seen` is null for adapters and releases, which are
    not monitored, and before the first turn. `training_files` counts those of a model version, and
    `adapter` describes its PEFT adapter (`groundwire finetune`).
    """

    value: str
    first_seen: datetime | None
    announced: RolloutOut | None
    turns: int
    share: float | None
    shares: list[float | None]
    training_files: int = 0
    adapter: AdapterOut | None = None

    @classmethod
    def of(cls, found: VersionShare, totals: list[int]) -> "VersionOut":
        turns, total = sum(found.turns), sum(totals)
        return cls(
            value=found.value,
            first_seen=None if found.first_seen_ns is None else moment(found.first_seen_ns),
            announced=RolloutOut.of(found.announced) if found.announced else None,
            turns=turns,
            share=turns / total if total else None,
            shares=[
                part / all_ if all_ else None
                for part, all_ in zip(found.turns, totals, strict=True)
            ],
        )


class VersionPage(BaseModel):
    """Versions of a dimension, newest first; `turns` of each part of `part_seconds`."""

    service: str
    dimension: str
    since: datetime
    until: datetime
    part_seconds: float
    turns: list[int]
    versions: list[VersionOut]

    @classmethod
    def of(cls, found: VersionShares, query: VersionQuery) -> "VersionPage":
        totals = list(found.totals)
        return cls(
            service=query.service,
            dimension=query.dimension,
            since=moment(query.since_ns),
            until=moment(query.until_ns),
            part_seconds=found.width_ns / 1e9,
            turns=totals,
            versions=[VersionOut.of(each, totals) for each in found.versions],
        )


@router.get("", dependencies=[Depends(known_parameters_only)])
def list_versions(
    access: ReadAccess,
    database: Database,
    service: Annotated[str, Query(min_length=1, max_length=200)],
    dimension: VersionDimension = "model_version",
    since: datetime | None = None,
    until: datetime | None = None,
    parts: Annotated[int, Query(ge=1, le=500, description="Parts of the period.")] = 28,
) -> VersionPage:
    """Versions of a service since a time (seven days ago by default), with their share over time.

    Rollouts show as a new version whose share grows, announced or not.
    """
    if not access.covers(service):
        raise ProblemError(404, "No such service, or the key may not read it.")
    until_ns = nanoseconds(until) or time_ns()
    query = VersionQuery(
        service=service,
        dimension=dimension,
        value="",
        since_ns=nanoseconds(since) or until_ns - DAYS_NS,
        until_ns=until_ns,
    )
    if query.since_ns >= query.until_ns:
        raise ProblemError(400, "since must be before until.")
    with database.connect() as connection:
        page = VersionPage.of(version_shares(connection, query, parts), query)
        if dimension == "model_version":
            _add_training(page, training_of(connection, access))
    return page


def _add_training(page: VersionPage, training: TrainingPage) -> None:
    """Set the training files and adapter of each model version."""
    files = Counter(each.model_version for each in training.training_files)
    adapters = {each.model_version: each for each in training.adapters}
    for version in page.versions:
        version.training_files = files[version.value]
        version.adapter = adapters.get(version.value)
