"""Manifests: which files hold the closed hours of a day.

A file that no manifest names does not count: it is of a write that was interrupted.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.schema import VERSION

HOUR_NS = 3600 * 10**9
FOLDER = "manifest"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedFile:
    """One Parquet file: path below the root, rows, bytes and SHA-256."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedHour:
    """Files of one closed hour, by table.

    `fingerprint` is of the scores and labels that were stored when it was written: another one
    says that it has to be written again before its rows may go. `rescored`: evaluators and
    revisions whose scores were added since.
    """

    fingerprint: str
    written_at: str
    rescored: tuple[str, ...] = ()
    files: Mapping[str, tuple[ArchivedFile, ...]] = field(default_factory=dict)

    @property
    def all_files(self) -> list[ArchivedFile]:
        """Files of all tables."""
        return [file for of_table in self.files.values() for file in of_table]

    @property
    def turns(self) -> int:
        """Number of turns."""
        return sum(file.rows for file in self.files.get("turns", ()))


def day_of(hour: int) -> str:
    """Date (UTC) of an hour since the epoch."""
    return datetime.fromtimestamp(hour * 3600, UTC).strftime("%Y-%m-%d")


def read_day(location: Location, day: str) -> dict[int, ArchivedHour]:
    """Archived hours of a day, by hour since the epoch.

    Raises:
        StorageUnavailableError: a newer release wrote it, or it is damaged.
    """
    content = location.read(_path(day))
    if content is None:
        return {}
    try:
        found = json.loads(content)
        if found["version"] > VERSION:
            raise StorageUnavailableError(f"{_path(day)}: written by a newer release of Groundwire")
        return {int(hour): _hour(facts) for hour, facts in found["hours"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise StorageUnavailableError(f"{_path(day)}: damaged manifest ({error})") from error


def write_day(location: Location, day: str, hours: Mapping[int, ArchivedHour]) -> None:
    """Replace the manifest of a day."""
    content = {"version": VERSION, "hours": {str(hour): asdict(hours[hour]) for hour in hours}}
    location.write(_path(day), json.dumps(content, indent=1, sort_keys=True).encode())


def days(location: Location) -> list[str]:
    """Days that have a manifest, in order."""
    names = (path.rpartition("/")[2] for path, _ in location.files(FOLDER))
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def all_hours(
    location: Location, since_ns: int | None = None, until_ns: int | None = None
) -> Iterator[tuple[int, ArchivedHour]]:
    """Archived hours that overlap a period, in order."""
    first = -(2**62) if since_ns is None else since_ns // HOUR_NS
    last = 2**62 if until_ns is None else (until_ns - 1) // HOUR_NS
    for day in days(location):
        for hour, facts in sorted(read_day(location, day).items()):
            if first <= hour <= last:
                yield hour, facts


def _hour(facts: Mapping[str, object]) -> ArchivedHour:
    files = facts["files"]
    if not isinstance(files, dict):
        raise TypeError("files")
    return ArchivedHour(
        fingerprint=str(facts["fingerprint"]),
        written_at=str(facts["written_at"]),
        rescored=tuple(facts.get("rescored", ())),  # type: ignore[arg-type]
        files={
            table: tuple(ArchivedFile(**file) for file in of_table)
            for table, of_table in files.items()
        },
    )


def _path(day: str) -> str:
    return f"{FOLDER}/{day}.json"
