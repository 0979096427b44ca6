"""Alembic environment: migrations on the caller's connection and transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, DateTime, String, TypeDecorator

from groundwire_collector.storage import search, tables
from groundwire_collector.storage.tables.base import StoredModel

assert tables  # registers every table


def as_written(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Render types by SQLAlchemy's names, so that migrations stay self-contained."""
    plain = item.impl if isinstance(item, TypeDecorator) else item
    if kind == "type" and isinstance(plain, BigInteger):
        return "WIDE"
    if kind == "type" and isinstance(plain, String):
        return "sa.String()"
    if kind == "type" and isinstance(plain, DateTime):
        return f"sa.DateTime(timezone={plain.timezone})"
    return False


def ours(name: str | None, _kind: str, _parents: object) -> bool:
    """The index of the search is made without steps (storage/search.py)."""
    return name is None or not name.startswith(search.NAME)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=StoredModel.metadata,
    render_as_batch=True,  # SQLite alters a table by rebuilding it
    render_item=as_written,
    include_name=ours,
)
with context.begin_transaction():
    context.run_migrations()
