"""Age of chunks from their metadata."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from statistics import median
from typing import Any

from groundwire_evaluators.turn import Chunk, Turn

# Names without case, separators and a trailing "at"; the first that holds a time counts.
CHANGED = (
    "updated", "lastupdated", "updatedtime", "modified", "lastmodified", "lastmodifieddate",
    "lastmodifiedtime", "modifieddate", "modifiedtime", "moddate", "mtime", "lastedited",
    "lastediteddate", "lasteditedtime", "revised", "revisiondate", "effectivedate", "published",
    "publisheddate", "publishdate", "publicationdate", "datepublished", "pubdate", "releasedate",
    "date", "documentdate", "created", "createddate", "createdtime", "creationdate", "datecreated",
)  # fmt: skip
INDEXED = (
    "indexed", "indexeddate", "indextime", "indextimestamp", "ingested", "ingesteddate",
    "ingestiondate", "ingestiontime", "ingestiontimestamp", "embedded", "inserted", "upserted",
    "loaded", "crawled", "indexupdated", "indexbuilt", "indexcreated", "indexbuildtime",
)  # fmt: skip
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # numbers before it are no times: counts, years, ids
_AHEAD = timedelta(days=1)  # clocks and time zones differ; what lies further ahead is no age
_MOST_SECONDS = 1e11  # after the year 5000
_LONGEST = 64  # characters of a time
_PDF = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")
_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)")
_SEPARATORS = re.compile(r"[\s_.-]+")


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages in seconds at the time of the turn; None if unknown.

    Of the chunks that tell when their text last changed: the newest, the median and the oldest.
    `index`: since the newest sign that the index was written: the last time at which one of the
    chunks was indexed, else the day in the name of the index version.
    """

    newest: float | None = None
    median: float | None = None
    oldest: float | None = None
    index: float | None = None

    def signals(self) -> dict[str, float]:
        """The same as signals of an evaluation."""
        named = {
            "chunk_age_newest_seconds": self.newest,
            "chunk_age_seconds": self.median,
            "chunk_age_oldest_seconds": self.oldest,
            "index_age_seconds": self.index,
        }
        return {name: value for name, value in named.items() if value is not None}


def ages(turn: Turn) -> Ages:
    """The ages of a turn's chunks; absurd times (far ahead, or numbers before 1990) are none."""
    now = turn.started_at
    if now is None:
        return Ages()
    changed = _ages(turn.retrieved, CHANGED, now)
    indexed = _ages(turn.retrieved, INDEXED, now)
    if not indexed and (day := _day_in(turn.index_version)) and (age := _age(day, now)) is not None:
        indexed = [age]
    return Ages(
        min(changed, default=None),
        median(changed) if changed else None,
        max(changed, default=None),
        min(indexed, default=None),
    )


def moment(value: Any) -> datetime | None:
    """Time in a metadata value, UTC by default; None if there is none.

    ISO 8601, RFC 5322, a PDF's date, or seconds, milli-, micro- or nanoseconds since the epoch.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return _parsed(value) if not isinstance(value, str) or len(value) <= _LONGEST else None


def _ages(chunks: Iterable[Chunk], names: tuple[str, ...], now: datetime) -> list[float]:
    found = (_first(chunk.metadata, names, now) for chunk in chunks if chunk.metadata)
    return [age for age in found if age is not None]


def _first(metadata: Mapping[str, Any], names: tuple[str, ...], now: datetime) -> float | None:
    if not (times := _times(metadata)):
        return None
    for name in names:
        recorded = moment(times[name]) if name in times else None
        if recorded is not None and (age := _age(recorded, now)) is not None:
            return age
    return None


def _times(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that may hold a time, by normalised name."""
    plain = ((_plain(key), value) for key, value in metadata.items())
    return {name: value for name, value in plain if name in _KNOWN}


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name[:_LONGEST].lower()).removesuffix("at")


_KNOWN = frozenset((*CHANGED, *INDEXED))


def _age(recorded: datetime, now: datetime) -> float | None:
    if recorded > now + _AHEAD:
        return None
    return max((now - recorded).total_seconds(), 0.0)


@lru_cache(maxsize=4096)
def _parsed(value: int | float | str) -> datetime | None:
    try:
        if isinstance(value, str) and not _is_number(value):
            return _from_text(value.strip())
        return _from_number(value)
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


def _from_number(value: int | float | str) -> datetime | None:
    if (day := _day_in(str(value).strip())) and len(str(value).strip()) == 8:
        return day
    seconds = float(value)
    for _ in range(3):  # milliseconds, microseconds, nanoseconds
        seconds = seconds / 1000 if seconds > _MOST_SECONDS else seconds
    found = datetime.fromtimestamp(seconds, UTC)
    return found if found >= _EARLIEST else None


def _from_text(text: str) -> datetime | None:
    if match := _PDF.match(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        found = datetime(year, month or 1, day or 1, hour, minute, second)
    else:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = parsedate_to_datetime(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _day_in(name: str | None) -> datetime | None:
    """Last date in a name, as in `handbook-2026-11-20`."""
    found = _DAY.findall((name or "")[-_LONGEST:])
    if not found:
        return None
    year, month, day = map(int, found[-1])
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
