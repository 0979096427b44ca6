"""Archive of one database: closed hours in, a person's turns out."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Engine

from groundwire_collector.settings import Settings
from groundwire_collector.storage.archive import deletion, judged, lookup, writer
from groundwire_collector.storage.archive.exclusive import exclusive_writer
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS, all_hours
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Archive:
    """`after_ns`: an hour is closed when it ended so long ago."""

    engine: Engine
    location: Location
    after_ns: int

    @classmethod
    def open(cls, engine: Engine, settings: Settings) -> "Archive":
        """Archive of these settings; UsageError where its URL cannot be opened."""
        after_ns = round(settings.archive_after_hours * HOUR_NS)
        return cls(engine, Location.of(settings.archive_url), after_ns)

    def write_closed(self, now_ns: int) -> writer.ArchiveResult:
        """Archive the hours that are closed by now, and delete files of interrupted writes."""
        written = writer.write_closed(self.engine, self.location, now_ns - self.after_ns)
        if written.hours:
            log.info("archive: %d hours, %d turns written", written.hours, written.turns)
            writer.sweep(self.location)
        return written

    def complete(self, cutoff_ns: int) -> int:
        """Archive the hours before a time as they are stored; the time before which they may go."""
        return writer.complete(self.engine, self.location, cutoff_ns)

    def forget(self, *, session: str | None, user: str | None, traces: frozenset[str]) -> int:
        """Delete the turns of a session, a user or traces; returns how many."""
        with exclusive_writer(self.engine):
            return deletion.forget(self.location, session=session, user=user, traces=traces)

    def judged_turns(
        self, since_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[list[JudgedTurn]]:
        """Archived turns with their evaluations, hour by hour, some at a time."""
        for _, hour in all_hours(self.location, since_ns, until_ns):
            yield from judged.judged_turns(self.location, hour)

    def find_turn(self, turn_id: str) -> JudgedTurn | None:
        """An archived turn with its evaluations; reads the ids of the whole archive."""
        return lookup.find_turn(self.location, turn_id)

    def find_labels(self, service: str | None = None) -> list[Label]:
        """Archived labels, oldest first."""
        return lookup.find_labels(self.location, service)
