from sqlalchemy import Engine

from groundwire_collector.storage import progress
from groundwire_collector.storage.progress import AHEAD_NS, PendingTrace

NOW, YEAR = 10**18, 365 * 86_400 * 10**9


def test_a_trace_that_came_while_the_clock_was_ahead_is_not_waited_for(engine: Engine) -> None:
    received = {"ahead": NOW + YEAR, "open": NOW, "soon": NOW + AHEAD_NS - 1, "done": NOW - YEAR}
    traces = [PendingTrace(name, at, True, at + 10**10) for name, at in received.items()]
    with engine.begin() as connection:
        progress.put_pending(connection, traces)
        due = progress.due(connection, NOW, 10)
    assert [trace.trace_id for trace in due] == ["done", "ahead"]
