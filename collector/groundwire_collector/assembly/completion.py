"""Trace completion: idle timeout and maximum duration.

Why: docs/decisions/0112-a-top-span-closes-a-trace.md
"""

from collections.abc import Sequence

from groundwire_collector.storage.span import Span

SECOND = 1_000_000_000


def due_ns(*, last_received_ns: int, answer_complete: bool, trace_idle_seconds: float) -> int:
    """When a trace is looked at, in nanoseconds since the epoch; each further span moves it.

    At once where its emitter says that the answer is complete, else when nothing came for
    `trace_idle_seconds`. Without its root it may then be put off (`is_closed`).
    """
    if answer_complete:
        return last_received_ns
    return last_received_ns + round(trace_idle_seconds * SECOND)


def waits_for_root(spans: Sequence[Span]) -> bool:
    """Whether an idle trace lacks its root, which may still arrive.

    A trace whose parent is elsewhere (a gateway, a browser, any traced caller) has no root here:
    its one top span closes it, where that has ended and no other span ended later. Not so a top
    span whose emitter says that its parent is of the same process: that comes when it ends.
    """
    ids = {span.span_id for span in spans}
    tops = [span for span in spans if span.parent_span_id not in ids]
    if len(tops) != 1 or not tops[0].end_ns:
        return True
    [top] = tops
    return top.parent_is_local or any(span.end_ns > top.end_ns for span in spans)
