"""Note which traces got spans, and when each is due."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from sqlalchemy import Engine

from groundwire_collector.assembly.completion import due_ns
from groundwire_collector.storage import judged_batches, progress, spans, turns
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.spans import Arrival

ARRIVALS = 5000  # spans taken note of at once


def note_arrivals(engine: Engine, trace_idle_seconds: float) -> int:
    """Register new spans as pending traces; returns how many. One leader does."""
    with engine.begin() as connection:
        after = progress.position(connection)
        arrived = spans.arrivals(connection, after, ARRIVALS)
        if not arrived:
            return 0
        ids = {arrival.trace_id for arrival in arrived}
        open_traces = progress.pending(connection, ids)
        others = ids - open_traces.keys()
        judged = turns.traces_with_turns(connection, others)
        judged |= judged_batches.waiting(connection, others)
        found = _pending(arrived, open_traces, judged, trace_idle_seconds)
        progress.put_pending(connection, list(found))
        progress.move_to(connection, arrived[-1].seq)
    return len(arrived)


def _pending(
    arrived: Iterable[Arrival],
    open_traces: Mapping[str, PendingTrace],
    judged: set[str],
    trace_idle_seconds: float,
) -> Iterable[PendingTrace]:
    """The open traces with what arrived; a trace that was judged waits for no root."""

    def trace_of(arrival: Arrival) -> str:
        return arrival.trace_id

    for trace_id, group in groupby(sorted(arrived, key=trace_of), key=trace_of):
        spans_seen = list(group)
        before = open_traces.get(trace_id, PendingTrace(trace_id, 0, trace_id in judged, 0))
        last_ns = max(a.received_ns for a in spans_seen)
        due = due_ns(
            last_received_ns=last_ns,
            answer_complete=any(a.complete for a in spans_seen),
            trace_idle_seconds=trace_idle_seconds,
        )
        root_ended = before.root_ended or any(a.closes or a.complete for a in spans_seen)
        yield PendingTrace(trace_id, last_ns, root_ended, due, before.begun)
