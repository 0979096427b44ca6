"""Parsing of timestamps into nanoseconds."""

from datetime import datetime

LAST_NS = 2**63 - 1  # April 2262, the maximum of 64 bits


def nanoseconds(moment: datetime | None) -> int | None:
    """Nanoseconds since the epoch, clamped to the database's range."""
    if moment is None:
        return None
    return min(max(round(moment.timestamp() * 1_000_000_000), 0), LAST_NS)
