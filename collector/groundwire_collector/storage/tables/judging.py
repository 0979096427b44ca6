"""Tables of the judges: queue, spending, revisions, golden runs."""

from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class JudgeTaskRow(StoredModel, table=True):
    """A sampled turn that waits for its judge.

    `lease` names who is at it until `leased_until_ns`; `counts` is false where an earlier
    judgement of the same turn was counted already.
    """

    __tablename__ = "judge_task"
    __table_args__ = (Index("ix_judge_task_judge_sampled", "judge", "sampled_ns"),)

    turn_id: str = Field(primary_key=True)
    judge: str = Field(primary_key=True)  # as the settings name it
    service: str
    probability: float | None = None
    sampled_ns: int = Field(sa_type=WIDE)
    due_ns: int = Field(sa_type=WIDE)
    attempts: int = Field(default=0, sa_type=WIDE)
    lease: str = ""
    leased_until_ns: int = Field(default=0, sa_type=WIDE)
    counts: bool = True


class JudgeDayRow(StoredModel, table=True):
    """Calls and cost of a judge on one UTC day."""

    __tablename__ = "judge_day"

    day: int = Field(primary_key=True, sa_type=WIDE)
    judge: str = Field(primary_key=True)
    judgements: int = Field(sa_type=WIDE)
    cost: float


class EvaluatorRevisionRow(StoredModel, table=True):
    """First appearance of an evaluator's revision."""

    __tablename__ = "evaluator_revision"

    evaluator: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    first_seen_ns: int = Field(sa_type=WIDE)


class GoldenRunRow(StoredModel, table=True):
    """A golden set replay; `summary` is written at its end."""

    __tablename__ = "golden_run"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    judge: str = Field(index=True)
    evaluator: str
    revision: str
    digest: str  # of the set
    started_ns: int = Field(sa_type=WIDE)
    ended_ns: int | None = Field(default=None, sa_type=WIDE)
    summary: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


class GoldenAnswerRow(StoredModel, table=True):
    """A judged golden turn; `judged_unsupported` is null without a decision."""

    __tablename__ = "golden_answer"

    run_id: int = Field(primary_key=True, sa_type=WIDE)
    key: str = Field(primary_key=True)
    state: str
    judged_unsupported: bool | None = None
    unsupported: bool


# For queries, which are SQLAlchemy Core throughout.
JUDGE_TASK = StoredModel.metadata.tables["judge_task"]
JUDGE_DAY = StoredModel.metadata.tables["judge_day"]
EVALUATOR_REVISION = StoredModel.metadata.tables["evaluator_revision"]
GOLDEN_RUN = StoredModel.metadata.tables["golden_run"]
GOLDEN_ANSWER = StoredModel.metadata.tables["golden_answer"]
