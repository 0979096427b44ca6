"""facts to filter listed turns by; words of answers

Why: docs/decisions/0113-a-narrow-listing-of-turns.md
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

TEXTS = ("user_id", "route", "model", "closed_book_of")
OF_CLOSED_BOOK = sa.text("closed_book_of IS NOT NULL")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("turn_listing", sa.Column(name, sa.String(), nullable=True))
    no = sa.false()
    op.add_column(
        "turn_listing", sa.Column("failed", sa.Boolean(), nullable=False, server_default=no)
    )
    op.add_column("turn_listing", sa.Column("seconds", sa.Float(), nullable=True))
    op.execute(_filled(op.get_bind().dialect.name))
    op.create_index("ix_turn_listing_user_id", "turn_listing", ["user_id", "started_ns"])
    op.create_index(
        "ix_turn_listing_closed_book_of",
        "turn_listing",
        ["closed_book_of"],
        sqlite_where=OF_CLOSED_BOOK,
        postgresql_where=OF_CLOSED_BOOK,
    )
    # Made again at the start, with the words of the answers.
    kind = "TABLE" if op.get_bind().dialect.name == "sqlite" else "INDEX"
    op.execute(f"DROP {kind} IF EXISTS turn_search")


def _filled(dialect: str) -> str:
    """Facts of the stored turns; of their duration only that of the generation is known."""

    def fact(name: str) -> str:
        return f"json_extract(facts, '$.{name}')" if dialect == "sqlite" else f"facts ->> '{name}'"

    columns = {name: fact(name) for name in TEXTS}
    columns["failed"] = f"{fact('error')} IS NOT NULL"
    columns["seconds"] = f"CAST({fact('generation_seconds')} AS FLOAT)"
    read = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    assigned = ", ".join(f"{name} = found.{name}" for name in columns)
    return (
        f"UPDATE turn_listing SET {assigned} FROM (SELECT id, {read} FROM turn) AS found "
        "WHERE found.id = turn_listing.turn_id"
    )
