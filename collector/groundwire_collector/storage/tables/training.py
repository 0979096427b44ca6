"""Tables of training files by model version, and of their adapters."""

from typing import Any

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class TrainingFileRow(StoredModel, table=True):
    """A training file; `question_index` is None while its examples are being stored."""

    __tablename__ = "training_file"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    model_version: str = Field(index=True)
    name: str
    digest: str  # SHA-256 of its bytes
    added_ns: int = Field(sa_type=WIDE)
    examples: int = Field(sa_type=WIDE)
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))
    question_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class TrainingExampleRow(StoredModel, table=True):
    """An example; `place` is its row in the index of questions."""

    __tablename__ = "training_example"

    file_id: int = Field(primary_key=True, sa_type=WIDE)
    place: int = Field(primary_key=True, sa_type=WIDE)
    line: int = Field(sa_type=WIDE)
    question: str
    answer: str


class AdapterRow(StoredModel, table=True):
    """The PEFT adapter of a model version, as its configuration describes it."""

    __tablename__ = "adapter"

    model_version: str = Field(primary_key=True)
    path: str
    added_ns: int = Field(sa_type=WIDE)
    description: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


# For queries, which are SQLAlchemy Core throughout.
TRAINING_FILE = StoredModel.metadata.tables["training_file"]
TRAINING_EXAMPLE = StoredModel.metadata.tables["training_example"]
ADAPTER = StoredModel.metadata.tables["adapter"]
