"""`/api/v1/rollouts`: announced deployments."""

from datetime import datetime
from time import time_ns
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from groundwire_collector.auth.access import IngestAccess, ReadAccess
from groundwire_collector.drift.dimensions import DEPLOYED
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import drift, keys, rollouts
from groundwire_collector.storage.rollouts import ANNOUNCED_ONLY, Rollout
from groundwire_collector.web.api.alarm_models import RolloutOut
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds

router = APIRouter(prefix="/api/v1/rollouts", tags=["rollouts"])

NAMED = (*DEPLOYED, *ANNOUNCED_ONLY)
Value = Annotated[str | None, Field(min_length=1, max_length=200)]


class RolloutIn(BaseModel):
    """Announcement of new versions in a service; `at` defaults to now.

    Values are those that the turns carry as tags, where they carry any. `trained_at`: the time up
    to which the training data of a new model version knows the facts.
    """

    model_config = ConfigDict(extra="forbid")

    service: str = Field(min_length=1, max_length=200)
    model_version: Value = None
    prompt_version: Value = None
    index_version: Value = None
    adapter: Value = None
    release: Value = None
    evaluator_revision: Value = None
    at: datetime | None = None
    note: str | None = Field(None, max_length=2000)
    trained_at: datetime | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "RolloutIn":
        if not self.values:
            raise ValueError(f"one of {', '.join(NAMED)} is required")
        if self.trained_at is not None and self.model_version is None:
            raise ValueError("trained_at is of a model_version, which is missing")
        return self

    @property
    def values(self) -> dict[str, str]:
        return {dimension: value for dimension in NAMED if (value := getattr(self, dimension))}


class DetectedOut(BaseModel):
    """New value of a dimension that turns carried, after the first one."""

    service: str
    dimension: str
    value: str
    first_seen: datetime


class RolloutPage(BaseModel):
    """Announced and detected rollouts, newest first."""

    rollouts: list[RolloutOut]
    detected: list[DetectedOut] = Field(default_factory=list)


@router.post("", status_code=201)
def announce(rollout: RolloutIn, access: IngestAccess, database: Database) -> RolloutPage:
    """Announce a deployment: half of the alarm budget waits for these, and alarms name them."""
    if not access.covers(rollout.service):
        raise ProblemError(403, "The key is not valid for this service.")
    now_ns = time_ns()
    at_ns = nanoseconds(rollout.at)
    with database.begin() as connection:
        by = keys.name_of(connection, access.key_id)
        reports = []
        for dimension, value in rollout.values.items():
            row = Rollout(
                service=rollout.service,
                dimension=dimension,
                value=value,
                at_ns=now_ns if at_ns is None else at_ns,
                announced_ns=now_ns,
                announced_by=by,
                note=rollout.note,
                trained_ns=(
                    nanoseconds(rollout.trained_at) if dimension == "model_version" else None
                ),
            )
            reports.append(
                RolloutOut.of(row).model_copy(update={"id": rollouts.announce(connection, row)})
            )
    return RolloutPage(rollouts=reports)


@router.get("")
def list_rollouts(
    access: ReadAccess,
    database: Database,
    service: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RolloutPage:
    """Announced and detected rollouts of the services the key may read, newest first."""
    services = access.services
    if service is not None:
        services = frozenset({service}) if access.covers(service) else frozenset()
    with database.connect() as connection:
        found = rollouts.newest(connection, services, limit)
        detected = drift.newest_values(connection, tuple(DEPLOYED), services, limit)
    return RolloutPage(
        rollouts=[RolloutOut.of(each) for each in found],
        detected=[
            DetectedOut(
                service=each.service,
                dimension=each.dimension,
                value=each.value,
                first_seen=moment(each.first_seen_ns),
            )
            for each in detected
        ],
    )
