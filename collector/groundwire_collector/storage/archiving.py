"""Open the configured archive; its packages load only then."""

import pkgutil
from typing import Protocol

from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings

ARCHIVE = "groundwire_collector.storage.archive.archive:Archive"


class TurnArchive(Protocol):
    """What retention and deletion need of an archive."""

    def write_closed(self, now_ns: int) -> object:
        """Archive the hours that are closed by now."""

    def complete(self, cutoff_ns: int) -> int:
        """Archive the hours before a time as they are stored; the time before which they may go."""

    def forget(self, *, session: str | None, user: str | None, traces: frozenset[str]) -> int:
        """Delete a person's turns; returns how many."""


def open_archive(engine: Engine, settings: Settings) -> TurnArchive | None:
    """Archive of these settings; None where none is set.

    Raises:
        UsageError: its packages are missing, or its URL cannot be opened.
    """
    if not settings.archive_url:
        return None
    try:
        found: TurnArchive = pkgutil.resolve_name(ARCHIVE).open(engine, settings)
    except ImportError as error:
        raise UsageError(
            f"archive_url: {error.name} is missing; pip install 'groundwire[archive]'"
        ) from error
    return found
