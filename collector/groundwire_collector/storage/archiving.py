"""Open the configured archive; its packages load only then."""

import pkgutil
from typing import Protocol

from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn

ARCHIVE = "groundwire_collector.storage.archive.archive:Archive"


class TurnArchive(Protocol):
    """Archive of turns, as retention, deletion, pages and exports use it."""

    def write_closed(self, now_ns: int) -> object:
        """Archive the hours that are closed by now."""

    def complete(self, cutoff_ns: int) -> int:
        """Archive the hours before a time as they are stored; the time before which they may go."""

    def forget(self, *, session: str | None, user: str | None, traces: frozenset[str]) -> int:
        """Delete a person's turns; returns how many."""

    def find_turn(self, turn_id: str) -> JudgedTurn | None:
        """An archived turn with its evaluations; None where there is none."""

    def find_labels(self, service: str | None = None) -> list[Label]:
        """Archived labels, oldest first."""


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
