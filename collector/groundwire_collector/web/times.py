"""Times in nanoseconds, from the API and from URLs."""

from datetime import UTC, datetime

from fastapi import HTTPException

NANOSECONDS = 1_000_000_000
LAST_NS = 2**63 - 1  # April 2262, the maximum of 64 bits


def nanoseconds(moment: datetime | None) -> int | None:
    """Nanoseconds since the epoch, clamped to the database's range."""
    if moment is None:
        return None
    return min(max(round(moment.timestamp() * NANOSECONDS), 0), LAST_NS)


def parse_nanoseconds(text: str | None) -> int | None:
    """Read a time in a URL: seconds since the epoch or RFC 3339 (UTC by default).

    None if empty.

    Raises HTTPException (400) for anything else.
    """
    if not text:
        return None
    try:
        return _moment(text)
    except (ValueError, OverflowError) as error:
        raise HTTPException(400, "Times are RFC 3339 or seconds since the epoch.") from error


def _moment(text: str) -> int:
    if text.replace(".", "", 1).isdecimal():
        return round(float(text) * NANOSECONDS)
    if "T" in text:
        text = text.replace(" ", "+")  # the sign of a zone, in an address that was not escaped
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * NANOSECONDS)
