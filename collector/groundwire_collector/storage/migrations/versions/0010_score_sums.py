"""score sums per hour, for charts

Why: docs/decisions/0142-score-sums-for-charts.md
"""

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


def _of_stored_turns() -> sa.Select:
    """Sums of the turns that are stored, by hour; their tokens are not read."""
    turn = sa.table(
        "turn_listing",
        sa.column("turn_id", sa.String),
        sa.column("started_ns", WIDE),
        sa.column("diagnostic", sa.Boolean),
        sa.column("service", sa.String),
        *(sa.column(name, sa.String) for name in VERSIONS),
    )
    score = sa.table(
        "score",
        sa.column("turn_id", sa.String),
        sa.column("evaluator", sa.String),
        sa.column("state", sa.String),
        sa.column("value", sa.Float),
        sa.column("flagged", sa.Boolean),
    )
    second = sa.cast(turn.c.started_ns.op("/")(sa.literal_column("1000000000")), WIDE)
    hour = second - second.op("%")(sa.literal_column(str(HOUR)))
    value = sa.func.coalesce(score.c.value, 0.0)
    versions = [sa.func.coalesce(turn.c[name], "") for name in VERSIONS]
    rows = sa.select(
        hour.label("bucket"),
        turn.c.service,
        *(column.label(name) for name, column in zip(VERSIONS, versions, strict=True)),
        score.c.evaluator,
        score.c.state,
        value.label("value"),
        sa.case((score.c.flagged.is_(sa.true()), 1), else_=0).label("flagged"),
    )
    joined = turn.join(score, score.c.turn_id == turn.c.turn_id)
    one = (
        rows.select_from(joined)
        .where(turn.c.diagnostic.is_(sa.false()), turn.c.started_ns > 0)
        .subquery()
    )
    names = ("bucket", "service", *VERSIONS, "evaluator", "state")
    columns = [one.c[name] for name in names]
    sums = (
        sa.func.count(),
        sa.func.sum(one.c.value),
        sa.func.sum(one.c.value * one.c.value),
        sa.func.sum(one.c.flagged),
    )
    return sa.select(sa.literal_column(str(HOUR)), *columns, *sums).group_by(*columns)
