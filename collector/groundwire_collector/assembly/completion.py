"""When a trace counts as complete."""

SECOND = 1_000_000_000


def due_ns(
    *,
    last_received_ns: int,
    root_ended: bool,
    answer_complete: bool,
    trace_idle_seconds: float,
    trace_max_seconds: float,
) -> int:
    """When a trace is due, in nanoseconds since the epoch; each further span moves it.

    A trace is complete at once when its emitter says so (the answer-complete mark), when its local
    root has ended and nothing came for `trace_idle_seconds`, or, without its root (it may never
    come:
    a gateway that is not sampled), when nothing came for `trace_max_seconds`.
    """
    if answer_complete:
        return last_received_ns
    wait = trace_idle_seconds if root_ended else trace_max_seconds
    return last_received_ns + round(wait * SECOND)
