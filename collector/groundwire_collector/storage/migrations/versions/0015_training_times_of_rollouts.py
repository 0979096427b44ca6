"""time up to which an announced model was trained

Why: docs/howto/rollouts.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("rollout", sa.Column("trained_ns", WIDE, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("rollout") as batch:
        batch.drop_column("trained_ns")
