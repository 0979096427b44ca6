"""Closed-book calls in the background: same question, no context."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from groundwire.diagnostics import trouble

RATE_SPACE = 1 << 64
WAITING = 64  # closed-book calls in the queue, at most


@dataclass(frozen=True)
class ClosedBook:
    """Repeats a share of the questions without context.

    `call` is the app's own function of a question: free of side effects, given no context, sync
    or async; what it returns is read as an answer. It runs after the caller has its answer, one
    call at a time, at most `per_minute` a minute. `rate`: share of turns, (0, 1], chosen by trace
    id, so that every process chooses the same.
    """

    rate: float
    call: Callable[[str], Any]
    per_minute: int = 60

    def chosen(self, trace_id: int) -> bool:
        """Whether this trace is in the sample."""
        return (trace_id & (RATE_SPACE - 1)) < self.rate * RATE_SPACE


class ClosedBookCalls:
    """The background thread that makes the calls, started by the first one."""

    def __init__(self) -> None:
        self.called = 0
        self.skipped = 0
        self._queue: deque[Callable[[], object]] = deque()
        self._times: deque[float] = deque()
        self._changed = threading.Condition()
        self._running = False
        self._thread: threading.Thread | None = None

    def offer(self, closed_book: ClosedBook, trace_id: int, job: Callable[[], object]) -> None:
        """Queue a call if its trace is in the sample and the budget allows it."""
        if not closed_book.chosen(trace_id):
            return
        with self._changed:
            if len(self._queue) >= WAITING or not self._within_budget(closed_book.per_minute):
                self.skipped += 1
                return
            self._queue.append(job)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="groundwire-closed_book", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def _within_budget(self, per_minute: int) -> bool:
        now = time.monotonic()
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        if len(self._times) >= per_minute:
            return False
        self._times.append(now)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = False
                self._changed.notify_all()
                while not self._queue:
                    self._changed.wait()
                job = self._queue.popleft()
                self._running = True
            try:
                self.called += 1
                job()
            except Exception as error:
                trouble("closed-book call", error)

    def drain(self, timeout: float) -> bool:
        """Wait until all queued calls are done; False if they are not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and not self._running, timeout)
