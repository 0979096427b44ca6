"""partial indexes for the turns of a rare state

Why: docs/decisions/0113-a-narrow-listing-of-turns.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# As they were when this step was written.
BITS = {
    "refusal": 2,
    "no_context": 4,
    "no_claims": 8,
    "not_evaluable": 16,
    "failed": 32,
    "not_sampled": 64,
}
COLUMNS = (
    *("started_ns", "turn_id", "p_unsupported", "service"),
    *("diagnostic", "states", "verdicts"),
)


def upgrade() -> None:
    for state, bit in BITS.items():
        condition = sa.text(f"(states & {bit}) != 0")
        op.create_index(
            f"ix_turn_listing_{state}",
            "turn_listing",
            list(COLUMNS),
            sqlite_where=condition,
            postgresql_where=condition,
        )
