"""training files and adapters of model versions"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

WIDE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "training_file",
        sa.Column("id", WIDE, nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("added_ns", WIDE, nullable=False),
        sa.Column("examples", WIDE, nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("question_index", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_training_file_model_version", "training_file", ["model_version"])
    op.create_table(
        "training_example",
        sa.Column("file_id", WIDE, nullable=False),
        sa.Column("place", WIDE, nullable=False),
        sa.Column("line", WIDE, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("file_id", "place"),
    )
    op.create_table(
        "adapter",
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("added_ns", WIDE, nullable=False),
        sa.Column("description", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("model_version"),
    )


def downgrade() -> None:
    for name in ("adapter", "training_example", "training_file"):
        op.drop_table(name)
