"""Deletion of a person's turns from the archive.

The files of an hour that hold one are written again without it, verified, and named in the
manifest before the old ones go. Costs a read of the ids of the whole archive.
"""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.archive.damage import named_damage
from groundwire_collector.storage.archive.hour_files import parquet_writer
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import ArchivedFile, ArchivedHour, all_hours
from groundwire_collector.storage.archive.writer import replace_hour, store_file

_NAMES = ["id", "trace_id", "session_id", "user_id"]


def forget(
    location: Location,
    *,
    session: str | None = None,
    user: str | None = None,
    traces: Collection[str] = (),
) -> int:
    """Delete the turns of a session, a user or traces (hexadecimal ids); returns how many.

    Raises:
        StorageUnavailableError: hours that are damaged, with what was deleted from the others.
    """
    gone, damaged = 0, []
    for hour, archived in list(all_hours(location)):
        try:
            ids = _wanted(location, archived, session, user, set(traces))
            if ids:
                _rewrite(location, hour, archived, ids)
                gone += len(ids)
        except StorageUnavailableError as error:
            damaged.append(str(error))
    if damaged:
        raise StorageUnavailableError(
            f"deleted {gone} turns from the archive, but these may hold more: {'; '.join(damaged)}"
        )
    return gone


def _wanted(
    location: Location,
    archived: ArchivedHour,
    session: str | None,
    user: str | None,
    traces: set[str],
) -> set[str]:
    found: set[str] = set()
    for file in archived.files.get("turns", ()):
        rows = _read(location, file, columns=_NAMES)
        conditions = [pc.is_in(rows["trace_id"], pa.array(sorted(traces), pa.string()))]
        if session is not None:
            conditions.append(pc.equal(rows["session_id"], session))
        if user is not None:
            conditions.append(pc.equal(rows["user_id"], user))
        chosen = pc.fill_null(conditions[0], False)
        for condition in conditions[1:]:
            chosen = pc.or_(chosen, pc.fill_null(condition, False))
        found.update(rows.filter(chosen)["id"].to_pylist())
    return found


def _rewrite(location: Location, hour: int, archived: ArchivedHour, ids: set[str]) -> None:
    """The hour without these turns; the fingerprint stays that of the database's rows."""
    gone = pa.array(sorted(ids), pa.string())
    files: dict[str, tuple[ArchivedFile, ...]] = {}
    with TemporaryDirectory(prefix="groundwire-archive-") as folder:
        for table, of_table in archived.files.items():
            key = "id" if table == "turns" else "turn_id"
            remaining = []
            for number, file in enumerate(of_table):
                rows = _read(location, file)
                rest = rows.filter(pc.invert(pc.is_in(rows[key], gone)))
                if rest.num_rows:
                    path = Path(folder) / f"{table}-{number}.parquet"
                    with parquet_writer(table, path) as writer:
                        writer.write_table(rest)
                    remaining.append(store_file(location, hour, table, path))
            if remaining:
                files[table] = tuple(remaining)
        replace_hour(location, hour, replace(archived, files=files) if files else None)


def _read(location: Location, file: ArchivedFile, columns: list[str] | None = None) -> pa.Table:
    path = location.full(file.path)
    with named_damage(file.path):
        return pq.read_table(
            path, columns=columns, filesystem=location.filesystem, partitioning=None
        )
