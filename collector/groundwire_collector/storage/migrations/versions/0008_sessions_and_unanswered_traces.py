"""sessions, and traces that became no turn"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "unanswered_trace",
        sa.Column("trace_id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("started_ns", WIDE, nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("trace_id"),
    )
    op.create_index("ix_unanswered_trace_started_ns", "unanswered_trace", ["started_ns"])
    op.create_table(
        "session",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("started_ns", WIDE, nullable=False),
        sa.Column("last_ns", WIDE, nullable=False),
        sa.Column("scored", sa.Boolean(), nullable=False),
        sa.Column("unsupported", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "service"),
    )
    op.create_index("ix_session_last_ns", "session", ["last_ns"])
    op.create_index("ix_session_service_last", "session", ["service", "last_ns"])
    op.create_index("ix_turn_session_started", "turn", ["session_id", "started_ns"])
    op.drop_index("ix_turn_session_id", "turn")
