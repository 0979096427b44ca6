"""`groundwire up`: supervisor of receiver and worker processes.

Where the collector asks a model of its own accord, the prober is a third; where judges see a
sample, the judge is another; where alarms go to a webhook, the messenger carries them. Only the
receiver is needed: any other that ends is started again after a pause, and is counted.

The supervisor loads what the others have in common and forks them, so that they share its memory.

Why: docs/decisions/0002-two-processes.md
"""

import logging
import multiprocessing
import os
import pkgutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NoReturn

from groundwire_collector.errors import (
    DatabaseUnusableError,
    GroundwireError,
    StorageUnavailableError,
    UsageError,
)
from groundwire_collector.processes import logs
from groundwire_collector.processes.launching import context, launch, preload
from groundwire_collector.settings import Settings
from groundwire_collector.storage.files import FileLock

log = logging.getLogger(__name__)

# By name: each loads what it alone needs in its own process.
RECEIVER = "groundwire_collector.processes.receiver:serve"
WORKER = "groundwire_collector.processes.worker:work"
JUDGING = "groundwire_collector.processes.worker:judge_claims"
PROBER = "groundwire_collector.processes.prober:probe"
JUDGE = "groundwire_collector.processes.judge:judge"
MESSENGER = "groundwire_collector.processes.notifier:carry"
CHECK_JUDGES = "groundwire_collector.judges.registry:check"
START_SECONDS = 600.0  # of the receiver, which may migrate a large database first
STOP_SECONDS = 15.0
FIRST_PAUSE_SECONDS = 1.0  # before a process that ended is started again; doubled each time
LONGEST_PAUSE_SECONDS = 60.0  # and one that lived as long is as good as new
WATCH_SECONDS = 1.0
REFUSED = 78  # exit status of a process that cannot run with these settings (EX_CONFIG)


def supervise(settings: Settings, say: Callable[[str], None]) -> None:
    """Run the processes of a role until a signal, or until the receiver ends.

    Raises:
        GroundwireError: a process could not start, or the receiver ended by itself.
    """
    if settings.role != "all" and settings.database_url is None:
        raise UsageError(
            f"role {settings.role}: several collectors need PostgreSQL; set database_url"
        )
    logs.configure(settings)
    if settings.judge_rates:  # report judge errors now, not from the child
        pkgutil.resolve_name(CHECK_JUDGES)(settings)
    folder = Folder.locked(settings)
    # Of the worker's modules a receiver needs all but one in twenty.
    preload((WORKER if settings.evaluator_names else RECEIVER).partition(":")[0])
    helpers = _helpers(settings)
    restarts = {helper.name: helper.restarts for helper in helpers}
    listening = context().Event()
    stop = _StopSignal()
    receiver = None
    if settings.role in ("all", "receiver"):
        receiver = _launch("receiver", RECEIVER, settings, restarts, listening)
    processes = [receiver] if receiver else []
    try:
        for helper in helpers:
            helper.start_if_due(settings, processes)
        if receiver:
            _await_receiver(settings, receiver, listening, stop)
        say(f"Groundwire is ready: {settings.url if receiver else settings.role}")
        _watch(settings, receiver, helpers, processes, folder, stop)
    except _StopRequested:
        say("stopping")
    finally:
        _stop(processes)


class Folder:
    """SQLite data folder, locked by one `groundwire up`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(f"{path.name}-up.lock"))

    @classmethod
    def locked(cls, settings: Settings) -> "Folder | None":
        """None where the database is PostgreSQL's. UsageError: another collector runs there."""
        if settings.database_url is not None:
            return None
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = cls(settings.sqlite_path)
        folder.check()
        os.register_at_fork(after_in_child=folder.release)  # it is this process that locks it
        return folder

    def release(self) -> None:
        self._lock.release()

    def check(self) -> None:
        """Lock again what was mounted anew. UsageError: another collector was faster."""
        if self._lock.held():
            return
        self._lock.release()
        try:
            if self._lock.acquire():
                return
        except StorageUnavailableError:
            return  # the disk is unavailable or read-only; the receiver reports it
        raise UsageError(
            f"another `groundwire up` runs on {self._path.parent}: stop it, or set another "
            "data_dir; for several collectors on one database use PostgreSQL (database_url)."
        )


@dataclass
class _Helper:
    """A process that receiving does not need: started when it is due, and again after it ended."""

    name: str
    function: str
    restarts: "Synchronized[int]" = field(default_factory=lambda: context().Value("i", 0))
    due: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    started: float = 0.0
    process: BaseProcess | None = None

    def start_if_due(self, settings: Settings, processes: list[BaseProcess]) -> None:
        now = time.monotonic()
        if self.process is None and now >= self.due:
            self.process = _launch(self.name, self.function, settings)
            self.started = now
            processes.append(self.process)

    def note_end(self, processes: list[BaseProcess]) -> None:
        """GroundwireError where a worker cannot run with these settings, from its start on."""
        if self.process is None or self.process.is_alive():
            return
        ended, self.process = self.process, None
        processes.remove(ended)
        if ended.exitcode == REFUSED and self.function == WORKER and not self.restarts.value:
            raise GroundwireError(f"the {self.name} ended unexpectedly; see above")
        now = time.monotonic()
        if now - self.started > LONGEST_PAUSE_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        log.warning("the %s ended; restarting in %.0f s", self.name, self.pause)
        self.due = now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
        with self.restarts.get_lock():
            self.restarts.value += 1


def _helpers(settings: Settings) -> list[_Helper]:
    if settings.role == "receiver":
        return []
    found = []
    if settings.evaluator_names and settings.role != "worker":
        found.append(_Helper("worker", WORKER))
    judging = max(settings.workers, settings.role == "worker")
    if settings.evaluator_names and settings.role != "monitor":
        found += [_Helper(f"judging worker {n}", JUDGING) for n in range(1, judging + 1)]
    if settings.role == "worker":
        return found
    if settings.probes:
        found.append(_Helper("prober", PROBER))
    if settings.judge_rates and settings.evaluator_names:
        found.append(_Helper("judge", JUDGE))
    if settings.notifies:
        found.append(_Helper("messenger", MESSENGER))
    return found


def _watch(
    settings: Settings,
    receiver: BaseProcess | None,
    helpers: Sequence[_Helper],
    processes: list[BaseProcess],
    folder: Folder | None,
    stop: "_StopSignal",
) -> NoReturn:
    """Wait for the receiver to end; helpers are started again and again."""
    while True:
        for helper in helpers:
            helper.start_if_due(settings, processes)
        ended = wait([stop.reader, *(process.sentinel for process in processes)], WATCH_SECONDS)
        stop.check()
        if receiver and receiver.sentinel in ended:
            raise GroundwireError("the receiver ended unexpectedly; see above")
        for helper in helpers:
            helper.note_end(processes)
        if folder is not None:
            folder.check()


class _StopRequested(BaseException):
    """A signal asked to stop."""


class _StopSignal:
    """SIGTERM and SIGINT, noted until the supervisor checks.

    An exception out of the handler could come while a process is being started: one that nobody
    knows of is never ended, and the supervisor's own exit would wait for it for ever.
    """

    def __init__(self) -> None:
        self.reader, self._writer = multiprocessing.Pipe(duplex=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: object) -> None:
        self._writer.send_bytes(b"stop")

    def check(self) -> None:
        """Raise _StopRequested once a signal has come."""
        if self.reader.poll():
            raise _StopRequested


def _launch(name: str, function: str, settings: Settings, *more: object) -> BaseProcess:
    return launch(name, _run, function, settings, *more)


def _run(function: str, settings: Settings, *more: object) -> None:
    """In the new process: load what it is for, and run it."""
    logs.configure(settings)
    try:
        pkgutil.resolve_name(function)(settings, *more)
    except UsageError as error:
        # The receiver reports database errors for all processes.
        if function == RECEIVER or not isinstance(error, DatabaseUnusableError):
            print(f"groundwire: {error}", file=sys.stderr, flush=True)
        sys.exit(REFUSED)
    except GroundwireError as error:
        sys.exit(f"groundwire: {error}")


def _await_receiver(
    settings: Settings, receiver: BaseProcess, listening: Event, stop: _StopSignal
) -> None:
    """Wait for the receiver to listen, by its own event."""
    deadline = time.monotonic() + START_SECONDS
    while not listening.wait(0.05):
        stop.check()
        if not receiver.is_alive():
            if receiver.exitcode == REFUSED:
                sys.exit(1)  # its log line explains the error
            raise GroundwireError(f"the receiver did not start on {settings.url}; see above")
        if time.monotonic() > deadline:
            raise GroundwireError(f"the receiver did not answer within {START_SECONDS:.0f} s")


def _stop(processes: list[BaseProcess]) -> None:
    """Receivers first drain, the worker ends its batch; what does not end in time is killed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS  # one for all: they end side by side
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
