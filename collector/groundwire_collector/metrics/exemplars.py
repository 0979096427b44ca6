"""Exemplars: links from a metric to a turn's trace."""

from groundwire_collector.storage.counters import Exemplar
from groundwire_evaluators.turn import Turn


def exemplar(turn: Turn, value: float) -> Exemplar | None:
    """None where the turn has no trace or no time."""
    if turn.trace_id is None or turn.started_at is None:
        return None
    return Exemplar(turn.trace_id, value, turn.started_at.timestamp())
