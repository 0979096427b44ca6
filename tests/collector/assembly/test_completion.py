"""When a trace counts as complete."""

import pytest

from groundwire_collector.assembly.completion import due_ns

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("root_ended", "answer_complete", "wait"),
    [(True, False, 10), (False, False, 600), (False, True, 0), (True, True, 0)],
)
def test_a_trace_is_due_after_its_silence(root_ended, answer_complete, wait):
    due = due_ns(
        last_received_ns=5 * SECOND,
        root_ended=root_ended,
        answer_complete=answer_complete,
        trace_idle_seconds=10,
        trace_max_seconds=600,
    )
    assert due == (5 + wait) * SECOND
