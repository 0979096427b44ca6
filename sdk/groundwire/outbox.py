"""Bounded queue of ended spans, sent by one background thread.

The caller only appends. Everything else (rendering, redaction, encoding, the network) is the
thread's. Beyond the memory bound the oldest spans are dropped, and with a span the rest of its
trace, waiting or still to come: a turn without its retrieval would be misread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from opentelemetry.sdk.trace import ReadableSpan

from groundwire.diagnostics import trouble, warn_once
from groundwire.transport import BatchOutcome

SPAN_BYTES = 2_500  # size of an ended span without its texts, measured
BATCH_SPANS = 512
LOST_TRACES = 4096  # remembered, so that the rest of a dropped trace is dropped too
BATCH_BYTES = 2 * 1024 * 1024
FIRST_RETRY, LONGEST_RETRY = 0.5, 30.0


class QueuedSpan(Protocol):
    """Queued span with the size of its texts in bytes."""

    span: ReadableSpan
    size: int


class Outbox:
    """The queue and its thread. Counts are since creation and never decrease."""

    def __init__(
        self,
        send: Callable[[Sequence[Any]], BatchOutcome],
        *,
        max_bytes: int,
        interval: float,
    ) -> None:
        self._send = send
        self._max_bytes = max_bytes
        self._interval = interval
        self.exported = 0
        self.dropped = 0
        self.failed = 0
        self.reset()

    def reset(self) -> None:
        """Empty, without a thread and with new locks: at creation and in a forked child.

        What waited belongs to the parent, which sends it.
        """
        self._lock = threading.Lock()
        self._changed = threading.Condition(threading.Lock())
        self._wake = threading.Event()
        self._queue: deque[QueuedSpan] = deque()
        self._bytes = 0
        self._lost: dict[int, None] = {}
        self._sending = 0
        self._attempts = self._failures = self._last_failure = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """Spans that are neither sent, dropped nor failed yet."""
        return len(self._queue) + self._sending

    def put(self, item: QueuedSpan) -> None:
        """Append one ended span; drops the oldest ones if the bound is passed."""
        size = item.size + SPAN_BYTES
        item.size = size
        with self._lock:
            if self._closed:
                self.dropped += 1
                return
            queue = self._queue
            if self._lost and item.span.context.trace_id in self._lost:
                self.dropped += 1
                return
            queue.append(item)
            self._bytes += size
            if self._bytes > self._max_bytes:
                self._drop_oldest()
            ready = len(queue) >= BATCH_SPANS
            if self._thread is None:
                self._start()
        if ready and not self._wake.is_set():
            self._wake.set()

    def _drop_oldest(self) -> None:
        queue = self._queue
        while self._bytes > self._max_bytes and len(queue) > 1:
            trace = queue[0].span.context.trace_id
            self._lost[trace] = None
            if len(self._lost) > LOST_TRACES:
                del self._lost[next(iter(self._lost))]
            while len(queue) > 1 and queue[0].span.context.trace_id == trace:
                self._bytes -= queue.popleft().size
                self.dropped += 1

    def _start(self) -> None:
        try:
            thread = threading.Thread(target=self._run, name="groundwire-outbox", daemon=True)
            thread.start()
            self._thread = thread
        except RuntimeError as error:  # no threads any more: the interpreter is ending
            trouble("outbox", error)

    def _run(self) -> None:
        delay = 0.0
        while True:
            self._wake.wait(delay or self._interval)
            self._wake.clear()
            delay = 0.0
            while not delay and self._queue:
                delay = self._send_batch()
            if self._closed:
                return

    def _send_batch(self) -> float:
        """Send one batch; the seconds to wait before the next try, 0 after success."""
        with self._lock:
            batch = self._take()
            self._sending = len(batch)
            self._attempts += 1
        outcome = BatchOutcome(failed=len(batch))
        try:
            outcome = self._deliver(batch)
        except Exception as error:
            trouble("export", error)
        with self._lock:
            self.exported += outcome.exported
            self.failed += outcome.failed
            if outcome.retry and not self._closed:
                self._give_back(batch)
            else:
                self._bytes -= sum(item.size for item in batch)
                self.dropped += len(batch) if outcome.retry else 0
            self._sending = 0
            self._failures = self._failures + 1 if outcome.retry else 0
            failures = min(self._failures, 10)  # 2**10 is far beyond the longest wait
            if outcome.retry:
                self._last_failure = self._attempts
        with self._changed:
            self._changed.notify_all()
        if not outcome.retry:
            return 0.0
        backoff: float = min(FIRST_RETRY * 2**failures, LONGEST_RETRY)
        return max(backoff, outcome.retry_after)

    def _take(self) -> list[QueuedSpan]:
        batch: list[QueuedSpan] = []
        size = 0
        while self._queue and len(batch) < BATCH_SPANS and size < BATCH_BYTES:
            item = self._queue.popleft()
            size += item.size
            batch.append(item)
        return batch

    def _give_back(self, batch: list[QueuedSpan]) -> None:
        self._queue.extendleft(reversed(batch))
        if self._bytes > self._max_bytes:
            self._drop_oldest()

    def _deliver(self, batch: Sequence[QueuedSpan]) -> BatchOutcome:
        outcome = self._send(batch)
        if not outcome.too_large:
            return outcome
        if len(batch) == 1:
            return BatchOutcome(failed=1)
        middle = len(batch) // 2
        first, second = self._deliver(batch[:middle]), self._deliver(batch[middle:])
        return BatchOutcome(
            exported=first.exported + second.exported,
            # Half of a batch cannot be given back: what is to be tried again counts as failed.
            failed=sum(
                len(half) if outcome.retry else outcome.failed
                for half, outcome in ((batch[:middle], first), (batch[middle:], second))
            ),
        )

    def flush(self, timeout: float) -> bool:
        """Send what waits now; False if it was not all sent in time or the collector is down."""
        deadline = time.monotonic() + timeout
        begun = self._attempts  # one that was under way already says nothing about now
        lost = self.failed + self.dropped
        self._wake.set()
        with self._changed:
            while self.waiting and self._thread is not None:
                left = deadline - time.monotonic()
                if left <= 0 or self._last_failure > begun:
                    return False
                self._changed.wait(min(left, 0.2))
        return not self.waiting and self.failed + self.dropped == lost

    def close(self, timeout: float) -> None:
        """Flush within `timeout`, then drop and count the rest. A second call does nothing."""
        if self._closed:
            return
        if self._thread is None and self._queue:  # too late for a thread: the process is ending
            while self._queue and not self._send_batch():
                pass
        self.flush(timeout)
        with self._lock:
            self._closed = True
            self.dropped += len(self._queue)
            lost = self.waiting
            self._queue.clear()
            self._bytes = 0
        self._wake.set()
        if lost:
            warn_once("lost", "%d spans were not delivered before the exit", lost)
