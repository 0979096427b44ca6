"""index of the facts that listed turns are filtered by

Why: docs/decisions/0113-a-narrow-listing-of-turns.md
"""

from alembic import op

revision = "0017"
down_revision = "0016"

COLUMNS = (
    *("p_unsupported", "started_ns", "turn_id", "service", "diagnostic"),
    *("route", "model", "failed", "seconds"),
)


def upgrade() -> None:
    op.create_index("ix_turn_listing_facts", "turn_listing", list(COLUMNS))
