"""Group commit: many requests, one transaction, and the answer after the commit.

One thread writes. While it commits, further requests gather, and are the next transaction; so the
price of a commit is shared by as many as arrive meanwhile, and nobody waits for a timer.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic

from groundwire_collector import metric_definitions
from groundwire_collector.errors import GroundwireError, StorageUnavailableError
from groundwire_collector.receiver_metrics import ReceiverMetrics
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.records import LogRecord, SpanRecord
from groundwire_collector.storage.spans import SpanBatch, SpanStore

log = logging.getLogger(__name__)

LARGEST_COMMIT = 2000  # spans and log records: bounds how long one transaction takes
LONGEST_QUEUE = 10_000  # requests
WARNING_SECONDS = 10.0  # between two log lines of an outage: each rejected request is no news


class UnstorableError(GroundwireError):
    """The database rejects the content of this request."""


@dataclass(slots=True, eq=False)
class _Request:
    batch: SpanBatch
    done: asyncio.Future[None]
    since: float = field(default_factory=monotonic)


class SpanWriter:
    """Span writer thread, started by its first commit."""

    def __init__(self, store: SpanStore, intake: ReceiverMetrics | None = None) -> None:
        self._store = store
        self._intake = intake or ReceiverMetrics()
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._waiting: deque[_Request] = deque()  # as in the queue, until their commit
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._warned = -WARNING_SECONDS
        self._intake.watch(metric_definitions.WRITE_QUEUE, lambda: len(self._waiting))
        self._intake.watch(metric_definitions.WRITE_QUEUE_AGE, self.queue_age)

    def queue_age(self) -> float:
        """Seconds that the oldest request has waited for its commit; 0: none waits."""
        try:
            return monotonic() - self._waiting[0].since
        except IndexError:
            return 0.0

    def prepare(self, spans: Sequence[SpanRecord], logs: Sequence[LogRecord] = ()) -> SpanBatch:
        """Prepare the input of `commit`, in the caller's thread.

        The writer's thread is left with little but the database's work: two threads that both
        compute would take the interpreter from each other at every step.
        """
        return self._store.prepare(spans, logs)

    async def commit(self, batch: SpanBatch) -> None:
        """Returns when everything is on disk.

        StorageUnavailableError: try again later; UnstorableError: never will be.
        """
        if self._stopped or len(self._waiting) >= LONGEST_QUEUE:
            raise StorageUnavailableError
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        request = _Request(batch, done)
        self._waiting.append(request)
        self._queue.put(request)
        await done

    def stop(self) -> None:
        """Commit what was submitted, then stop."""
        self._stopped = True
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, more = self._group(first)
            self._write(group)
            for _ in group:
                self._waiting.popleft()
            if not more:
                return

    def _group(self, first: _Request) -> tuple[list[_Request], bool]:
        """Queued requests, up to the commit limit; False if the writer must stop."""
        group, size = [first], len(first.batch)
        while size < LARGEST_COMMIT:
            try:
                request = self._queue.get_nowait()
            except Empty:
                break
            if request is None:
                return group, False
            group.append(request)
            size += len(request.batch)
        return group, True

    def _write(self, group: Sequence[_Request]) -> None:
        try:
            written = self._store.commit([request.batch for request in group])
        except PASSING as error:
            self._warn(error)
            _settle(group, StorageUnavailableError())
        except Exception as error:
            # One request that cannot be stored must not take the others with it.
            if len(group) > 1:
                for request in group:
                    self._write([request])
                return
            log.error("a request cannot be stored: %s", type(error).__name__)
            _settle(group, UnstorableError())
        else:
            self._intake.deduplicated(written.duplicates)
            _settle(group, None)

    def _warn(self, error: Exception) -> None:
        if monotonic() - self._warned >= WARNING_SECONDS:
            self._warned = monotonic()
            log.warning("writing to the database fails: %s", getattr(error, "orig", error))


def _settle(group: Sequence[_Request], error: Exception | None) -> None:
    def settle() -> None:
        for request in group:
            if request.done.done():  # the client hung up
                continue
            if error is None:
                request.done.set_result(None)
            else:
                request.done.set_exception(error)

    with suppress(RuntimeError):  # the loop has ended, and with it all who waited
        group[0].done.get_loop().call_soon_threadsafe(settle)
