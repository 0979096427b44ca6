"""`groundwire up`: the receiver and the worker as two processes that meet only in the database.

Where the collector asks a model of its own accord, the prober is a third. It alone may end without
the others: it is started again.
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
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import NoReturn

from groundwire_collector.errors import GroundwireError
from groundwire_collector.settings import Settings

log = logging.getLogger(__name__)

# By name: the supervisor loads neither, so that both load at once.
RECEIVER = "groundwire_collector.processes.receiver:serve"
WORKER = "groundwire_collector.processes.worker:work"
PROBER = "groundwire_collector.processes.prober:probe"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
PROBER_AGAIN_SECONDS = 60.0
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def supervise(settings: Settings, say: Callable[[str], None]) -> None:
    """Run until a signal, or until one of the processes ends; then stop the other.

    Raises:
        GroundwireError: a process could not start, or ended by itself.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise_stop)
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


def _watch(settings: Settings, processes: list[SpawnProcess]) -> NoReturn:
    """Wait for a process to end; the prober, which nothing needs, is started again and again."""
    needed = [process.sentinel for process in processes]
    prober: SpawnProcess | None = None
    due = time.monotonic()
    while True:
        if settings.probes and prober is None and time.monotonic() >= due:
            prober = _spawn("prober", PROBER, settings)
            processes.append(prober)
            due = time.monotonic() + PROBER_AGAIN_SECONDS
        patience = None if prober or not settings.probes else max(0.0, due - time.monotonic())
        ended = wait([*needed, *([prober.sentinel] if prober else ())], patience)
        if names := " and ".join(p.name for p in processes if p.sentinel in ended and p != prober):
            raise GroundwireError(f"the {names} ended unexpectedly; see above")
        if prober is not None and prober.sentinel in ended:
            log.warning("the prober ended; it is started again within a minute")
            processes.remove(prober)
            prober = None


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
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)
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
