"""When a trace counts as complete."""

import pytest

from groundwire_collector.assembly.completion import due_ns, waits_for_root
from groundwire_collector.storage.span import Span

SECOND = 1_000_000_000


@pytest.mark.parametrize(("answer_complete", "wait"), [(False, 10), (True, 0)])
def test_a_trace_is_looked_at_after_its_silence(answer_complete: bool, wait: int) -> None:
    due = due_ns(
        last_received_ns=5 * SECOND, answer_complete=answer_complete, trace_idle_seconds=10
    )
    assert due == (5 + wait) * SECOND


def span(name: str, parent: str | None, end: int, *, parent_is_local: bool = False) -> Span:
    return Span(
        trace_id="t",
        span_id=name,
        parent_span_id=parent,
        end_ns=end,
        parent_is_local=parent_is_local,
    )


CHILDREN = [span("b", "a", 5), span("c", "a", 9)]


@pytest.mark.parametrize(
    ("spans", "waits"),
    [
        ([span("a", "elsewhere", 9), *CHILDREN], False),
        ([span("a", "elsewhere", 9)], False),
        ([span("a", None, 9), *CHILDREN], False),
        (CHILDREN, True),  # two tops: their parent is still to come
        ([span("a", "elsewhere", 0), *CHILDREN], True),  # not ended
        ([span("a", "elsewhere", 6), *CHILDREN], True),  # a child went on after it
        ([span("a", "elsewhere", 9, parent_is_local=True), *CHILDREN], True),
        ([], True),
    ],
)
def test_the_one_top_span_closes_a_trace_whose_root_is_elsewhere(
    spans: list[Span], waits: bool
) -> None:
    assert waits_for_root(spans) is waits
