"""`groundwire up`: the receiver and the worker as two processes that meet only in the database.

Where the collector asks a model of its own accord, the prober is a third; where judges see a
sample, the judge is another; where alarms go to a webhook, the messenger carries them. Nothing
needs these: one that ends is started again.
"""

import logging
import multiprocessing
import os
import pkgutil
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import NoReturn

from groundwire_collector.errors import GroundwireError
from groundwire_collector.processes import logs
from groundwire_collector.settings import Settings

log = logging.getLogger(__name__)

# By name: the supervisor loads neither, so that both load at once.
RECEIVER = "groundwire_collector.processes.receiver:serve"
WORKER = "groundwire_collector.processes.worker:work"
PROBER = "groundwire_collector.processes.prober:probe"
JUDGE = "groundwire_collector.processes.judge:judge"
MESSENGER = "groundwire_collector.processes.notifier:carry"
CHECK_JUDGES = "groundwire_collector.judges.registry:check"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
AGAIN_SECONDS = 60.0  # from one start of a process that nothing needs to the next


def supervise(settings: Settings, say: Callable[[str], None]) -> None:
    """Run until a signal, or until one of the processes ends; then stop the other.

    Raises:
        GroundwireError: a process could not start, or ended by itself.
    """
    logs.configure(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise_stop)
    if settings.judge_rates:  # what is wrong with a judge is told now, not by its process
        pkgutil.resolve_name(CHECK_JUDGES)(settings)
    processes = [_spawn("receiver", RECEIVER, settings)]
    if settings.evaluator_names:
        processes.append(_spawn("worker", WORKER, settings))
    try:
        _await_receiver(settings, processes[0])
        say(f"Groundwire is ready: {settings.url}")
        _watch(settings, processes)
    except _StopRequested:
        say("stopping")
    finally:
        _stop(processes)


@dataclass
class _Helper:
    """A process that nothing needs: started when it is due, and again after it ended."""

    name: str
    function: str
    due: float = 0.0
    process: SpawnProcess | None = None

    def start_if_due(self, settings: Settings, processes: list[SpawnProcess]) -> None:
        now = time.monotonic()
        if self.process is None and now >= self.due:
            self.process = _spawn(self.name, self.function, settings)
            self.due = now + AGAIN_SECONDS
            processes.append(self.process)

    def note_end(self, ended: Sequence[object], processes: list[SpawnProcess]) -> None:
        if self.process is not None and self.process.sentinel in ended:
            log.warning("the %s ended; it is started again within a minute", self.name)
            processes.remove(self.process)
            self.process = None


def _helpers(settings: Settings) -> list[_Helper]:
    found = [_Helper("prober", PROBER)] if settings.probes else []
    if settings.judge_rates and settings.evaluator_names:
        found.append(_Helper("judge", JUDGE))
    if settings.alarm_webhook_url is not None:
        found.append(_Helper("messenger", MESSENGER))
    return found


def _watch(settings: Settings, processes: list[SpawnProcess]) -> NoReturn:
    """Wait for a process to end; helpers are started again and again."""
    needed, helpers = list(processes), _helpers(settings)
    while True:
        for helper in helpers:
            helper.start_if_due(settings, processes)
        dues = [helper.due for helper in helpers if helper.process is None]
        patience = max(0.0, min(dues) - time.monotonic()) if dues else None
        ended = wait([process.sentinel for process in processes], patience)
        if names := " and ".join(p.name for p in needed if p.sentinel in ended):
            raise GroundwireError(f"the {names} ended unexpectedly; see above")
        for helper in helpers:
            helper.note_end(ended, processes)


class _StopRequested(BaseException):
    """A signal asked to stop."""


def _raise_stop(_number: int, _frame: object) -> None:
    raise _StopRequested


def _spawn(name: str, function: str, settings: Settings) -> SpawnProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_run, args=(function, settings), name=name)
    process.start()
    return process


def _run(function: str, settings: Settings) -> None:
    """In the new process: load what it is for, and run it."""
    logs.configure(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        pkgutil.resolve_name(function)(settings)
    except GroundwireError as error:
        sys.exit(f"groundwire: {error}")


def _end_with_parent() -> None:
    """A supervisor that was killed leaves no process that holds the port."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)


def _await_receiver(settings: Settings, receiver: SpawnProcess) -> None:
    deadline = time.monotonic() + START_SECONDS
    # Nothing is told and nothing believed but that it answers; its name is that of another address.
    any_name = ssl._create_unverified_context() if settings.tls_certificate else None
    while time.monotonic() < deadline:
        if not receiver.is_alive():
            raise GroundwireError(f"the receiver did not start on {settings.url}; see above")
        try:
            urllib.request.urlopen(f"{settings.url}/healthz", timeout=1, context=any_name).close()
            return
        except urllib.error.HTTPError:
            return  # it answers; that it asks for a key is as it should be
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise GroundwireError(f"the receiver did not answer within {START_SECONDS:.0f} s")


def _stop(processes: list[SpawnProcess]) -> None:
    """Receivers first drain, the worker ends its batch; what does not end in time is killed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.kill()
