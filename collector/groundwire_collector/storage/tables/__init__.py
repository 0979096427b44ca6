"""Table definitions, one noun per module; importing the package registers them all."""

from groundwire_collector.storage.tables import (
    counters,
    drift,
    judging,
    keys,
    labels,
    notifications,
    reliance,
    score_sums,
    spans,
    trace_fragments,
    training,
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
    "score_sums",
    "spans",
    "trace_fragments",
    "training",
    "turns",
]
