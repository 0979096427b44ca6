"""`/api/v1/training-files`: training files and adapters of model versions."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.storage import training_files
from groundwire_collector.storage.training_files import StoredAdapter, TrainingFile
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.database import Database

router = APIRouter(prefix="/api/v1/training-files", tags=["training files"])


class TrainingFileOut(BaseModel):
    """A stored training file, without its texts.

    `formats` and `secrets` are counts by kind; secrets are masked in what is stored.
    """

    id: int
    model_version: str
    name: str
    digest: str
    added_at: datetime
    examples: int
    lines: int
    bad_lines: int
    questions: int
    duplicates: int
    contradictions: int
    formats: dict[str, int]
    secrets: dict[str, int]

    @classmethod
    def of(cls, file: TrainingFile) -> "TrainingFileOut":
        counts = ("lines", "bad_lines", "questions", "duplicates", "contradictions")
        return cls(
            id=file.id,
            model_version=file.model_version,
            name=file.name,
            digest=file.digest,
            added_at=moment(file.added_ns),
            examples=file.examples,
            formats=file.facts.get("formats", {}),
            secrets=file.facts.get("secrets", {}),
            **{name: file.facts.get(name, 0) for name in counts},
        )


class AdapterOut(BaseModel):
    """The PEFT adapter of a model version: its configuration and size.

    `scale` is what its change is multiplied by; `parameters` and `weights_bytes` are null where no
    safetensors file lay beside the configuration.
    """

    model_version: str
    path: str
    added_at: datetime
    kind: str
    base: str | None = None
    revision: str | None = None
    task: str | None = None
    rank: int | None = None
    alpha: float | None = None
    scale: float | None = None
    dropout: float | None = None
    targets: list[str] = []
    layers: list[int] = []
    modules_to_save: list[str] = []
    parameters: int | None = None
    tensors: int | None = None
    weights_bytes: int | None = None
    data_types: list[str] = []

    @classmethod
    def of(cls, adapter: StoredAdapter) -> "AdapterOut":
        fields: dict[str, Any] = dict(adapter.description)
        return cls(
            model_version=adapter.model_version,
            path=adapter.path,
            added_at=moment(adapter.added_ns),
            **fields,
        )


class TrainingPage(BaseModel):
    """Training files, oldest first, and adapters by model version."""

    training_files: list[TrainingFileOut]
    adapters: list[AdapterOut]


@router.get("")
def list_training_files(
    access: ReadAccess,
    database: Database,
    model_version: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
) -> TrainingPage:
    """Training files and adapters of `groundwire finetune`, of one model version or of all.

    A key for some services sees the versions that turns of theirs have.
    """
    with database.connect() as connection:
        return training_of(connection, access, model_version)


def training_of(
    connection: Connection, access: Access, model_version: str | None = None
) -> TrainingPage:
    """Training files and adapters that a key may see; None: of every model version."""
    versions = None if model_version is None else {model_version}
    if access.services is not None:
        seen = training_files.versions_seen(connection, access.services)
        versions = seen if versions is None else versions & seen
    adapters = [
        each
        for each in training_files.adapters(connection)
        if versions is None or each.model_version in versions
    ]
    return TrainingPage(
        training_files=[
            TrainingFileOut.of(each) for each in training_files.files(connection, versions)
        ],
        adapters=[AdapterOut.of(each) for each in adapters],
    )
