"""The schema, one noun a module; importing this package registers every table."""

from groundwire_collector.storage.tables import (
    counters,
    drift,
    judging,
    keys,
    labels,
    notifications,
    reliance,
    spans,
    trace_fragments,
    turns,
)

__all__ = [
    "counters",
    "drift",
    "judging",
    "keys",
    "labels",
    "notifications",
    "reliance",
    "spans",
    "trace_fragments",
    "turns",
]
