"""claims of judging workers, and the batches that they judged

Why: docs/decisions/0160-claims-instead-of-shards.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "pending_trace", sa.Column("worker", sa.String(), nullable=False, server_default="")
    )
    until = sa.Column("claimed_until_ns", WIDE, nullable=False, server_default="0")
    op.add_column("pending_trace", until)
    op.create_table(
        "judged_batch",
        sa.Column("id", WIDE, primary_key=True),
        sa.Column("stored_ns", WIDE, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "judged_trace",
        sa.Column("trace_id", sa.String(), primary_key=True),
        sa.Column("batch_id", WIDE, nullable=False),
    )
    op.create_index("ix_judged_trace_batch_id", "judged_trace", ["batch_id"])


def downgrade() -> None:
    op.drop_table("judged_trace")
    op.drop_table("judged_batch")
    with op.batch_alter_table("pending_trace") as batch:
        batch.drop_column("claimed_until_ns")
        batch.drop_column("worker")
