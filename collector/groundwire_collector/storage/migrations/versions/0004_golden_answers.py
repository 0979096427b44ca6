"""rename the judge's decision on a golden turn"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE golden_answer RENAME COLUMN said TO judged_unsupported")
