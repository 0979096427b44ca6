"""The schema, one noun a module; importing this package registers every table."""

from groundwire_collector.storage.tables import counters, drift, keys, spans, turns

__all__ = ["counters", "drift", "keys", "spans", "turns"]
