"""One-line explanations of a database that cannot be opened."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from groundwire_collector.errors import DatabaseUnusableError
from groundwire_collector.settings import Settings

_PRIMARY = 0xFF  # of an extended result code
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def explained(settings: Settings) -> Iterator[None]:
    """Raises DatabaseUnusableError, one line, in place of what a driver raises."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseUnusableError(explanation(error, settings)) from None


def explanation(error: DBAPIError, settings: Settings) -> str:
    """Cause and remedy, without passwords."""
    if settings.database_url is not None:
        where = make_url(settings.database_url).render_as_string(hide_password=True)
        return f"cannot use the database {where}: {_first_line(error)}; check database_url"
    path = settings.sqlite_path
    code = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY
    if code in _DAMAGED or (isinstance(error.orig, sqlite3.DatabaseError) and not code):
        return (
            f"the database {path} is damaged: restore a copy of it"
            " (docs/howto/run-the-collector.md), or move it away to begin with an empty one"
        )
    return f"cannot use the database {path}: {_first_line(error)}; check the disk and its rights"


def _first_line(error: DBAPIError) -> str:
    """First line of the driver's message; at start it quotes no turn."""
    lines = [line.strip() for line in str(error.orig).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error.orig).__name__
