"""`/api/v1/labels`: human labels of turns, claims and chunks, with history."""

from datetime import datetime
from time import time_ns
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from groundwire_collector.auth.access import AdminAccess, LabelAccess, ReadAccess
from groundwire_collector.estimates.labels import LONGEST_NAME, LONGEST_REFERENCE, LabelSubmission
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import keys, labels, turns
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_collector.web.api.models import ExtentOut, moment
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import LAST_NS, nanoseconds

router = APIRouter(prefix="/api/v1/labels", tags=["labels"])


class ExtentIn(BaseModel):
    """Extent of a claim: code points of the answer, half-open."""

    model_config = ConfigDict(extra="forbid")

    start: int = Field(ge=0, le=LAST_NS)
    end: int = Field(ge=1, le=LAST_NS)


class LabelIn(BaseModel):
    """Label submission for one turn; a body may hold several labels.

    `verdict` is of the claim where one is named, else of the whole answer: `supported` says that
    every claim is, `not_a_claim` that it holds none, `undecided` that it cannot be told.
    `chunk_id` (`#0` for the first chunk where it has no id; also one that was not retrieved) goes
    with `relevant`. `sampling_probability` says that you drew the turn at random yourself, with
    this probability; leave it out for turns that this collector drew (`label_rate`).
    """

    model_config = ConfigDict(extra="forbid")

    turn_id: str = Field(max_length=200)
    claim: ExtentIn | None = None
    chunk_id: str | None = Field(None, max_length=LONGEST_NAME)
    relevant: bool | None = None
    verdict: (
        Literal["supported", "contradicted", "unsupported", "not_a_claim", "undecided"] | None
    ) = None
    reference: str | None = Field(None, max_length=LONGEST_REFERENCE)
    sampling_probability: float | None = Field(None, gt=0, le=1)

    def submission(self) -> LabelSubmission:
        return LabelSubmission(
            turn_id=self.turn_id,
            start=self.claim.start if self.claim else None,
            end=self.claim.end if self.claim else None,
            verdict=self.verdict,
            chunk_id=self.chunk_id,
            relevant=self.relevant,
            reference=self.reference,
            probability=self.sampling_probability,
        )


class LabelOut(BaseModel):
    """One label; `labeller` is the name of the key."""

    id: int
    turn_id: str
    service: str
    labeller: str
    labelled_at: datetime
    claim: ExtentOut | None
    chunk_id: str | None
    relevant: bool | None
    verdict: str | None
    reference: str | None
    sampling_probability: float | None

    @classmethod
    def of(cls, label: Label) -> "LabelOut":
        claim = None
        if label.start is not None and label.end is not None:
            claim = ExtentOut(start=label.start, end=label.end)
        names = ("id", "turn_id", "service", "labeller", "chunk_id", "relevant", "verdict")
        return cls(
            **{name: getattr(label, name) for name in names},
            reference=label.reference,
            labelled_at=moment(label.labelled_ns),
            claim=claim,
            sampling_probability=label.probability,
        )


class LabelPage(BaseModel):
    """Page of labels; `next` is the `after` of the next page."""

    labels: list[LabelOut]
    next: int | None = None


@router.post("", status_code=201)
def add_labels(body: LabelIn, access: LabelAccess, database: Database) -> LabelPage:
    """Label a turn of a service the key is for. A later label of the same labeller counts."""
    with database.begin() as connection:
        found = turns.get(connection, body.turn_id, access.services)
        if found is None:
            raise ProblemError(404, "No such turn, or the key may not label it.")
        labeller = keys.name_of(connection, access.key_id)
        submitted = body.submission().labels(found.turn, labeller, time_ns())
        stored = labels.add(connection, submitted)
    return LabelPage(labels=[LabelOut.of(label) for label in stored])


@router.get("")
def list_labels(
    access: ReadAccess,
    database: Database,
    turn_id: Annotated[str | None, Query(max_length=200)] = None,
    service: str | None = None,
    labeller: str | None = None,
    since: datetime | None = None,
    after: Annotated[int, Query(ge=0, le=LAST_NS)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> LabelPage:
    """Labels with their history, oldest first: of a labeller and target the last one counts."""
    query = LabelQuery(
        turn_ids=None if turn_id is None else [turn_id],
        service=service,
        services=access.services,
        labeller=labeller,
        since_ns=nanoseconds(since),
        after=after,
        limit=limit,
    )
    with database.connect() as connection:
        found = labels.find(connection, query)
    more = found[-1].id if len(found) == limit else None
    return LabelPage(labels=[LabelOut.of(label) for label in found], next=more)


@router.delete("/{label_id}", status_code=204)
def delete_label(
    label_id: Annotated[int, Path(ge=0, le=LAST_NS)], access: AdminAccess, database: Database
) -> Response:
    """Delete one label for good; an error is corrected by labelling again."""
    with database.begin() as connection:
        if not labels.remove(connection, label_id, access.services):
            raise ProblemError(404, "No such label, or the key may not delete it.")
    return Response(status_code=204)
