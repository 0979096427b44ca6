"""Job loop that survives errors."""

import logging
from collections.abc import Callable, Sequence
from threading import Event

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
FAILED_SECONDS = 30.0

Step = Callable[[], bool]  # says whether there was something to do


def go_round(steps: Sequence[Step], stop: Event) -> None:
    """Take the steps in their turns until `stop` is set."""
    while not stop.is_set():
        stop.wait(max(_pause(step) for step in steps))


def _pause(step: Step) -> float:
    """One step; how long to wait before the next, in seconds."""
    try:
        return 0.0 if step() else IDLE_SECONDS
    except Exception:  # one that fails must not take the others along
        log.exception("a step failed; tried again in %.0f s", FAILED_SECONDS)
        return FAILED_SECONDS
