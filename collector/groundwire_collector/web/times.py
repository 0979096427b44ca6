"""Parsing of timestamps into nanoseconds."""

from datetime import datetime

LAST_NS = 2**63 - 1  # April 2262; nothing stored is later


def nanoseconds(moment: datetime | None) -> int | None:
    """Since the epoch, within what a database holds; a time beyond it is its last one."""
    if moment is None:
        return None
    return min(max(round(moment.timestamp() * 1_000_000_000), 0), LAST_NS)
