"""score sums per hour, for charts

Why: docs/decisions/0142-score-sums-for-charts.md
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VERSIONS = ("model_version", "prompt_version", "index_version")
NAMES = ("width", "bucket", "service", *VERSIONS, "measure", "state")
SUMS = ("n", "total", "squares", "flagged")
HOUR = 3600


def upgrade() -> None:
    table = op.create_table(
        "score_sum",
        sa.Column("width", WIDE, nullable=False),
        sa.Column("bucket", WIDE, nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in VERSIONS),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("n", WIDE, nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("squares", sa.Float(), nullable=False),
        sa.Column("flagged", WIDE, nullable=False),
        sa.PrimaryKeyConstraint(*NAMES),
        sqlite_with_rowid=False,
    )
    op.execute(table.insert().from_select([*NAMES, *SUMS], _of_stored_turns()))


def _of_stored_turns() -> sa.Select[Any]:
    """Sums of the turns that are stored, by hour; their tokens are not read."""
    one = sa.union_all(_values(), _doubts()).subquery()
    columns = [one.c[name] for name in ("bucket", "service", *VERSIONS, "measure", "state")]
    sums = (
        sa.func.count(),
        sa.func.sum(one.c.value),
        sa.func.sum(one.c.value * one.c.value),
        sa.func.sum(one.c.flagged),
    )
    return sa.select(sa.literal_column(str(HOUR)), *columns, *sums).group_by(*columns)


def _turn() -> sa.TableClause:
    return sa.table(
        "turn_listing",
        sa.column("turn_id", sa.String),
        sa.column("started_ns", WIDE),
        sa.column("diagnostic", sa.Boolean),
        sa.column("service", sa.String),
        sa.column("p_unsupported", sa.Float),
        *(sa.column(name, sa.String) for name in VERSIONS),
    )


def _segment(turn: sa.TableClause) -> list[sa.ColumnElement[Any]]:
    second = sa.cast(turn.c.started_ns.op("/")(sa.literal_column("1000000000")), WIDE)
    hour = second - second.op("%")(sa.literal_column(str(HOUR)))
    versions = [sa.func.coalesce(turn.c[name], "").label(name) for name in VERSIONS]
    return [hour.label("bucket"), turn.c.service, *versions]


def _values() -> sa.Select[Any]:
    turn = _turn()
    score = sa.table(
        "score",
        sa.column("turn_id", sa.String),
        sa.column("evaluator", sa.String),
        sa.column("state", sa.String),
        sa.column("value", sa.Float),
        sa.column("flagged", sa.Boolean),
    )
    rows = sa.select(
        *_segment(turn),
        score.c.evaluator.label("measure"),
        score.c.state,
        sa.func.coalesce(score.c.value, 0.0).label("value"),
        sa.case((score.c.flagged.is_(sa.true()), 1), else_=0).label("flagged"),
    )
    joined = turn.join(score, score.c.turn_id == turn.c.turn_id)
    return rows.select_from(joined).where(turn.c.diagnostic.is_(sa.false()), turn.c.started_ns > 0)


def _doubts() -> sa.Select[Any]:
    turn = _turn()
    rows = sa.select(
        *_segment(turn),
        sa.literal_column("'grounding:p_unsupported'").label("measure"),
        sa.literal_column("'scored'").label("state"),
        turn.c.p_unsupported.label("value"),
        sa.literal_column("0").label("flagged"),
    )
    return rows.where(
        turn.c.diagnostic.is_(sa.false()),
        turn.c.started_ns > 0,
        turn.c.p_unsupported.is_not(None),
    )
