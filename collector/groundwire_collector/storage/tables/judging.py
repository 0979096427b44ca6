"""Turns that wait for a judge, what judges spent, and which revisions have judged."""

from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel


class JudgeTaskRow(SQLModel, table=True):
    """A drawn turn that a judge has not judged yet.

    `lease` names who is at it until `leased_until_ns`; `counts` is false where an earlier
    judgement of the same turn was counted already.
    """

    __tablename__ = "judge_task"
    __table_args__ = (Index("ix_judge_task_judge_sampled", "judge", "sampled_ns"),)

    turn_id: str = Field(primary_key=True)
    judge: str = Field(primary_key=True)  # as the settings name it
    service: str
    probability: float | None = None
    sampled_ns: int
    due_ns: int
    attempts: int = 0
    lease: str = ""
    leased_until_ns: int = 0
    counts: bool = True


class JudgeDayRow(SQLModel, table=True):
    """What a judge did on one day (days since the epoch, UTC)."""

    __tablename__ = "judge_day"

    day: int = Field(primary_key=True)
    judge: str = Field(primary_key=True)
    judgements: int
    cost: float


class EvaluatorRevisionRow(SQLModel, table=True):
    """When a revision of an evaluator was first seen here."""

    __tablename__ = "evaluator_revision"

    evaluator: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    first_seen_ns: int


class GoldenRunRow(SQLModel, table=True):
    """A replay of a golden set through a judge; `summary` is written at its end."""

    __tablename__ = "golden_run"

    id: int | None = Field(default=None, primary_key=True)
    judge: str = Field(index=True)
    evaluator: str
    revision: str
    digest: str  # of the set
    started_ns: int
    ended_ns: int | None = None
    summary: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


class GoldenAnswerRow(SQLModel, table=True):
    """What the judge said of one turn of the set; `said` is null where it said nothing."""

    __tablename__ = "golden_answer"

    run_id: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    state: str
    said: bool | None = None
    unsupported: bool


# For queries, which are SQLAlchemy Core throughout.
JUDGE_TASK = SQLModel.metadata.tables["judge_task"]
JUDGE_DAY = SQLModel.metadata.tables["judge_day"]
EVALUATOR_REVISION = SQLModel.metadata.tables["evaluator_revision"]
GOLDEN_RUN = SQLModel.metadata.tables["golden_run"]
GOLDEN_ANSWER = SQLModel.metadata.tables["golden_answer"]
