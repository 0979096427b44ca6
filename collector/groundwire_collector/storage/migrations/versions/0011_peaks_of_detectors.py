"""maxima of detector statistics in windows of the clock

Why: docs/decisions/0150-the-statistic-as-a-maximum.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("peak", "recent_peak"):
        op.add_column("detector", sa.Column(name, sa.Float(), nullable=False, server_default="0"))
    window = sa.Column("peak_window", WIDE, nullable=False, server_default="0")
    op.add_column("detector", window)


def downgrade() -> None:
    with op.batch_alter_table("detector") as batch:
        for name in ("peak", "recent_peak", "peak_window"):
            batch.drop_column(name)
