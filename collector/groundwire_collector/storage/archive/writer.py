"""Archive closed hours of turns, scores, claims and labels.

An hour is closed when it ended `archive_after_hours` ago. Its files are written, read back and
compared with what was written, and only then named in the manifest of its day: whoever reads the
archive sees an hour whole or not at all. Retention deletes the rows of an hour only if the hour is
archived as it is stored; where it changed since (a late label, a judge's score), it is written
again first.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Engine

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.archive import schema
from groundwire_collector.storage.archive.damage import is_intact, named_damage
from groundwire_collector.storage.archive.hour_files import (
    TURNS_AT_ONCE,
    HourFiles,
    stored_fingerprint,
    stored_hours,
)
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import (
    HOUR_NS,
    ArchivedFile,
    ArchivedHour,
    all_hours,
    day_of,
    read_day,
    write_day,
)

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 86_400.0  # a file that no manifest names for so long is of an interrupted write


@dataclass(slots=True)
class ArchiveResult:
    """Hours, turns and bytes that a run wrote."""

    hours: int = 0
    turns: int = 0
    bytes: int = 0


def write_closed(engine: Engine, location: Location, until_ns: int) -> ArchiveResult:
    """Archive every stored hour that ended by `until_ns` and is not archived yet.

    One process at a time may write (the leader of the role `upkeep`).
    """
    written = ArchiveResult()
    for day, hours in groupby(stored_hours(engine, until_ns), key=day_of):
        archived = read_day(location, day)
        for hour in hours:
            if hour not in archived:
                _write_hour(engine, location, hour, written)
    return written


def complete(engine: Engine, location: Location, cutoff_ns: int) -> int:
    """Archive the hours that ended by `cutoff_ns` as they are stored now.

    An hour with a damaged file is written again: its rows are about to exist nowhere else.

    Returns the time before which turns may be deleted: whole hours only, since an hour that lost
    some of its rows could not be told from one that gained others.
    """
    for hour in stored_hours(engine, cutoff_ns):
        archived = read_day(location, day_of(hour)).get(hour)
        if (
            archived is None
            or archived.fingerprint != stored_fingerprint(engine, hour)
            or not all(is_intact(location, file) for file in archived.all_files)
        ):
            _write_hour(engine, location, hour, ArchiveResult(), archived)
    return cutoff_ns // HOUR_NS * HOUR_NS


def store_file(location: Location, hour: int, table: str, path: Path) -> ArchivedFile:
    """Put a Parquet file into the archive and compare what arrived with it.

    Raises:
        StorageUnavailableError: what can be read back is not what was written.
    """
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    name = f"{table}/date={day_of(hour)}/{hour % 24:02d}-{digest[:16]}.parquet"
    location.put(path, name)
    if location.digest(name) != digest:
        raise StorageUnavailableError(f"archive: {name} does not read back as it was written")
    rows = pq.read_metadata(path).num_rows
    return ArchivedFile(path=name, rows=rows, bytes=path.stat().st_size, sha256=digest)


def replace_hour(location: Location, hour: int, archived: ArchivedHour | None) -> None:
    """Name an hour's files in the manifest of its day; files it had before are deleted."""
    day = day_of(hour)
    hours = read_day(location, day)
    before = hours.pop(hour, None)
    write_day(location, day, hours if archived is None else {**hours, hour: archived})
    remaining = {file.path for file in archived.all_files} if archived else set()
    for file in before.all_files if before else ():
        if file.path not in remaining:
            location.remove(file.path)


def sweep(location: Location) -> int:
    """Delete files that no manifest names; returns how many."""
    named = {file.path for _, hour in all_hours(location) for file in hour.all_files}
    orphans = [
        path
        for table in schema.SCHEMAS
        for path, changed in location.files(table)
        if path not in named and time() - changed > ORPHAN_SECONDS
    ]
    for path in orphans:
        location.remove(path)
    return len(orphans)


def read_batches(location: Location, file: ArchivedFile) -> Iterator[list[dict[str, Any]]]:
    """Records of an archived file, some thousand at a time."""
    full = location.full(file.path)
    with named_damage(file.path), location.filesystem.open(full, "rb") as opened:
        for batch in pq.ParquetFile(opened).iter_batches(TURNS_AT_ONCE):
            yield batch.to_pylist()


def _write_hour(
    engine: Engine,
    location: Location,
    hour: int,
    written: ArchiveResult,
    before: ArchivedHour | None = None,
) -> None:
    def archived_rows(table: str) -> Iterator[list[dict[str, Any]]]:
        for file in before.files.get(table, ()) if before else ():
            if is_intact(location, file):
                yield from read_batches(location, file)
            else:
                log.warning("archive: %s is damaged; written again of what is stored", file.path)

    with TemporaryDirectory(prefix="groundwire-archive-") as folder:
        files = HourFiles(Path(folder))
        made = files.write(engine, hour, archived_rows)
        stored = {table: (store_file(location, hour, table, made[table]),) for table in made}
    archived = ArchivedHour(
        fingerprint=files.fingerprint.text(),
        written_at=datetime.now(UTC).isoformat(timespec="seconds"),
        files=stored,
    )
    replace_hour(location, hour, archived)
    written.hours += 1
    written.turns += archived.turns
    written.bytes += sum(file.bytes for file in archived.all_files)
