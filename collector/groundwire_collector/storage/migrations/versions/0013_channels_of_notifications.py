"""a notification for each channel and event"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    event = sa.Column("event", sa.String(), nullable=False, server_default="firing")
    op.add_column("notification", event)
    op.execute("UPDATE notification SET event = 'resolved' WHERE resolved")
    for name in ("channel", "failure"):
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("notification", column)
    with op.batch_alter_table("notification") as batch:
        batch.drop_column("resolved")


def downgrade() -> None:
    op.add_column(
        "notification",
        sa.Column("resolved", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.execute("DELETE FROM notification WHERE event = 'acknowledged'")
    op.execute("UPDATE notification SET resolved = (event = 'resolved')")
    with op.batch_alter_table("notification") as batch:
        for name in ("event", "channel", "failure"):
            batch.drop_column(name)
