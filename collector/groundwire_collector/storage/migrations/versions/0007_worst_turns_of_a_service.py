"""an index for the worst turns of a service

Why: docs/decisions/0113-a-narrow-listing-of-turns.md
"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index(
        "ix_turn_listing_service_worst",
        "turn_listing",
        ["service", "p_unsupported", "started_ns", "turn_id", "diagnostic", "states", "verdicts"],
    )
