"""a narrow listing of turns, for lists, filters and estimates

Why: docs/decisions/0113-a-narrow-listing-of-turns.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# As they were when this step was written.
STATES = (
    *("scored", "refusal", "no_context", "no_claims", "not_evaluable", "failed", "not_sampled"),
)
VERDICTS = ("supported", "contradicted", "unsupported", "not_a_claim")
COPIED = (
    *("trace_id", "session_id", "service", "model_version", "prompt_version", "index_version"),
    "p_unsupported",
)


def upgrade() -> None:
    op.create_table(
        "turn_listing",
        sa.Column("started_ns", WIDE, nullable=False),
        sa.Column("turn_id", sa.String(), nullable=False),
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=True),
        sa.Column("prompt_version", sa.String(), nullable=True),
        sa.Column("index_version", sa.String(), nullable=True),
        sa.Column("diagnostic", sa.Boolean(), nullable=False),
        sa.Column("states", WIDE, nullable=False),
        sa.Column("verdicts", WIDE, nullable=False),
        sa.Column("p_unsupported", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("started_ns", "turn_id"),
        sqlite_with_rowid=False,
    )
    op.execute(_filled())
    op.create_index("ix_turn_listing_turn_id", "turn_listing", ["turn_id"])
    op.create_index(
        "ix_turn_listing_worst",
        "turn_listing",
        ["p_unsupported", "started_ns", "turn_id", "service", "diagnostic", "states", "verdicts"],
    )
    op.create_index(
        "ix_turn_listing_service",
        "turn_listing",
        ["service", "started_ns", "turn_id", "diagnostic", "states", "verdicts"],
    )
    op.drop_index("ix_turn_worst", "turn")
    op.drop_index("ix_score_state", "score")
    op.drop_index("ix_claim_verdict", "claim")


def _filled() -> sa.Insert:
    turn = sa.table(
        "turn",
        *(sa.column(name) for name in ("id", "started_ns", *COPIED)),
        sa.column("facts", sa.JSON()),
    )
    names = ["started_ns", "turn_id", *COPIED, "diagnostic", "states", "verdicts"]
    ours = [
        sa.func.coalesce(turn.c.facts[mark].as_boolean(), sa.false())
        for mark in ("closed_book", "probe")
    ]
    query = sa.select(
        turn.c.started_ns,
        turn.c.id,
        *(turn.c[name] for name in COPIED),
        sa.or_(*ours),
        _bits("score", "state", STATES, turn),
        _bits("claim", "verdict", VERDICTS, turn),
    )
    listing = sa.table("turn_listing", *(sa.column(name) for name in names))
    return listing.insert().from_select(names, query)


def _bits(
    table: str, column: str, values: tuple[str, ...], turn: sa.TableClause
) -> sa.ColumnElement[int]:
    """The union of the bits of what is said of a turn: the sum, each counted once."""
    source = sa.table(table, sa.column("turn_id"), sa.column(column))
    bit = sa.case({value: 1 << at for at, value in enumerate(values)}, value=source.c[column])
    query = sa.select(sa.func.coalesce(sa.func.sum(sa.distinct(bit)), 0))
    return query.where(source.c.turn_id == turn.c.id).scalar_subquery()
