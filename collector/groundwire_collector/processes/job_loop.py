"""Job loop that survives errors."""

import logging
from collections.abc import Callable, Iterable, Sequence
from threading import Event, Thread

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
FAILED_SECONDS = 30.0

Step = Callable[[], bool]  # returns whether there was work


def go_round(steps: Sequence[Step], stop: Event) -> None:
    """Take the steps in their turns until `stop` is set."""
    while not stop.is_set():
        stop.wait(max(_pause(step) for step in steps))


def go_round_in_threads(rounds: Iterable[Sequence[Step]], stop: Event) -> None:
    """Run the steps of each round in a separate thread until `stop` is set."""
    threads = [Thread(target=go_round, args=(steps, stop), daemon=True) for steps in rounds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def interruptible_sleep(stop: Event) -> Callable[[float], None]:
    """A `sleep` that ends when `stop` is set."""

    def sleep(seconds: float) -> None:
        stop.wait(seconds)

    return sleep


def _pause(step: Step) -> float:
    """One step; how long to wait before the next, in seconds."""
    try:
        return 0.0 if step() else IDLE_SECONDS
    except Exception:  # one that fails must not take the others along
        log.exception("a step failed; retrying in %.0f s", FAILED_SECONDS)
        return FAILED_SECONDS
