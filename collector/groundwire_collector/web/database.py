"""Database engine and archive as FastAPI dependencies."""

from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from groundwire_collector.auth.access import Access
from groundwire_collector.storage import turns
from groundwire_collector.storage.archiving import TurnArchive
from groundwire_collector.storage.turns import JudgedTurn


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _archive(request: Request) -> TurnArchive | None:
    archive: TurnArchive | None = request.app.state.archive
    return archive


Database = Annotated[Engine, Depends(_engine)]
Archived = Annotated[TurnArchive | None, Depends(_archive)]


def readable_turn(
    database: Engine, archive: TurnArchive | None, access: Access, turn_id: str
) -> JudgedTurn | None:
    """A turn that the key may read: of the database, or else of the archive."""
    with database.connect() as connection:
        found = turns.get(connection, turn_id, access.services)
    if found is not None or archive is None:
        return found
    older = archive.find_turn(turn_id)
    if older is None or (access.services and older.turn.service not in access.services):
        return None
    return older
