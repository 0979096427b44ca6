"""Ends of a process that run no `atexit`: SIGTERM, and children of multiprocessing."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from groundwire.diagnostics import trouble

LONGEST_SECONDS = 3.0  # that the handler of SIGTERM waits for the delivery
_hooked: set[int] = set()  # processes whose finalizers know of us


def hook(deliver: Callable[[], None]) -> None:
    """Deliver on SIGTERM too, where it would end the process at once; never raises.

    uvicorn and gunicorn's UvicornWorker raise SIGTERM again once they have shut down.
    """
    try:
        if threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, lambda number, _: _end(number, deliver))
    except (ValueError, OSError) as error:
        trouble("signal", error)


def _end(number: int, deliver: Callable[[], None]) -> None:
    """In a thread: this one may hold a lock that the delivery needs."""
    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    thread.join(LONGEST_SECONDS)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def hook_child(deliver: Callable[[], None]) -> None:
    """Deliver at the end of a child of multiprocessing, which skips `atexit`; never raises."""
    try:
        pid = os.getpid()
        process = sys.modules.get("multiprocessing.process")
        if pid in _hooked or process is None or process.parent_process() is None:
            return
        _hooked.add(pid)
        from multiprocessing import util

        util.Finalize(None, deliver, exitpriority=100)
    except Exception as error:
        trouble("finalizer", error)
