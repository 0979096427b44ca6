"""Child processes forked from the supervisor to share its loaded modules.

Those of the worker are nearly all modules of the receiver, too: loaded once and forked, they are
in memory once, as far as nobody writes to them (copy on write). Only where the supervisor runs no
threads: there is no fork beside them. On other systems than Linux, where system libraries may not
survive a fork, each process is spawned and loads everything itself.

Why: docs/decisions/0002-two-processes.md
"""

import ctypes
import functools
import gc
import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

FORKS = sys.platform == "linux"
ENDING: dict[signal.Signals, Any] = {
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
}
M_ARENA_MAX = -8  # of glibc's malloc.h
ARENAS = 2  # glibc gives each thread one of its own, and a receiver's threads free little of them


def context() -> ForkContext | SpawnContext:
    """Start method of all processes of a collector."""
    if FORKS:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def preload(module: str) -> None:
    """Load what the processes have in common, out of the sight of garbage collection."""
    os.environ.setdefault("MALLOC_ARENA_MAX", str(ARENAS))  # of what they spawn themselves
    if FORKS:
        with suppress(AttributeError, OSError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
        with _no_threads_of_blas():
            importlib.import_module(module)
        gc.collect()
        gc.freeze()


@contextmanager
def _no_threads_of_blas() -> Iterator[None]:
    """numpy starts one a core when it is imported, and this process is to be forked."""
    if "OPENBLAS_NUM_THREADS" in os.environ:
        yield
        return
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        del os.environ["OPENBLAS_NUM_THREADS"]  # an evaluator of somebody else's may want them


def launch(name: str, entry: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start `entry(*arguments)` in a process that ends with this one, however that ends."""
    process = context().Process(target=_run, args=(_lifeline(), entry, arguments), name=name)
    # A signal waits until the child has dropped the handlers of its parent.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


@functools.cache
def _lifeline() -> tuple[Connection, Connection]:
    """A pipe that only this process can write to: its end is read where this process is gone.

    The one that multiprocessing makes for each child is open in every child forked later, too.
    """
    return multiprocessing.Pipe(duplex=False)


def _run(
    lifeline: tuple[Connection, Connection],
    entry: Callable[..., None],
    arguments: tuple[object, ...],
) -> None:
    reader, writer = lifeline
    writer.close()
    for number, handler in ENDING.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    threading.Thread(target=_end_with_parent, args=(reader,), daemon=True).start()
    _show_name(multiprocessing.current_process().name)
    entry(*arguments)


def _show_name(name: str) -> None:
    """For `ps -o comm` and `top`: forked, all have the command line of the supervisor."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(f"gw-{name}"[:15])


def _end_with_parent(lifeline: Connection) -> None:
    """A supervisor that was killed leaves no process that holds the port."""
    wait([lifeline])
    os.kill(os.getpid(), signal.SIGTERM)
