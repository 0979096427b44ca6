"""keep tags of baseline turns; rebuild baselines of older detectors

What a segment is compared with is made of its own turns, which takes their tags.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("detector", "signal_monitor", "baseline", "baseline_turn"):
        op.execute(f"DELETE FROM {table}")
    with op.batch_alter_table("baseline_turn") as batch:
        batch.add_column(sa.Column("tags", sa.JSON(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("baseline_turn") as batch:
        batch.drop_column("tags")
