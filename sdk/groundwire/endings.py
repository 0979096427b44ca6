"""Process ends without `atexit`: SIGTERM, and children of multiprocessing and Celery."""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from groundwire.diagnostics import trouble

LONGEST_SECONDS = 3.0  # from SIGTERM to the end
PAUSE_SECONDS = 0.5  # for which the main thread is blocked
UNHANDLED_SECONDS = 0.2  # after a signal, until the main thread is interrupted for its handler
_POOLS = ("multiprocessing", "billiard")  # billiard: Celery's own multiprocessing
_hooked: set[int] = set()  # processes whose finalizers know of us
_prepared: set[str] = set()  # libraries that tell their forked children of us
_masks = threading.local()  # the signal mask of a thread that is forking
_terminated = False
_wakeup: int | None = None  # the pipe to which this process writes its signals


def hook(deliver: Callable[[], None], flush: Callable[[], None]) -> None:
    """Deliver on SIGTERM, too, where it would end the process at once; never raises.

    uvicorn raises SIGTERM again once it has shut down, in its parent's default way if the app was
    imported while it served; `flush` runs when it is told to stop, and see `ending`.
    """
    try:
        if threading.current_thread() is not threading.main_thread():
            return
        current = signal.getsignal(signal.SIGTERM)
        if current is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _Ending(deliver))
        elif callable(current) and _of_uvicorn(current):
            signal.signal(signal.SIGTERM, _Chained(current, flush))
    except (ValueError, OSError) as error:
        trouble("signal", error)


def ending() -> bool:
    """Whether a server is shutting down and may exit after its last response."""
    return _terminated


def _of_uvicorn(handler: Any) -> bool:
    owner = type(getattr(handler, "__self__", None))
    return any(cls.__module__.startswith("uvicorn.") for cls in owner.__mro__)


class _Chained:
    """The handler that a server has installed, and then ours."""

    def __init__(self, handler: Callable[..., Any], flush: Callable[[], None]) -> None:
        self._handler = handler
        self._flush = flush

    def __call__(self, number: int, frame: Any) -> None:
        global _terminated
        self._handler(number, frame)
        if not _terminated:
            _terminated = True
            within(PAUSE_SECONDS, self._flush)


class _Ending:
    """SIGTERM handler that delivers before the process ends; a second SIGTERM ends it at once."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        self._deliver = deliver
        self.begun = False

    def __call__(self, number: int, _: Any) -> None:
        if self.begun:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        else:
            self.begun = True
            within(PAUSE_SECONDS, lambda: self._end(number))

    def _end(self, number: int) -> None:
        within(LONGEST_SECONDS, self._deliver)
        os.kill(os.getpid(), number)
        time.sleep(LONGEST_SECONDS)
        os._exit(128 + number)  # the main thread does not get to its handlers


def within(seconds: float, call: Callable[[], None]) -> None:
    """Call in a thread and continue after `seconds` at the latest.

    The interrupted thread may hold a lock that the call needs, and gives it back only later; it
    may also hold the one that `threading.Thread` wants.
    """
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            call()
        finally:
            done.release()

    _thread.start_new_thread(run, ())
    done.acquire(timeout=seconds)


def hook_child(deliver: Callable[[], None]) -> None:
    """Deliver at the end of a pool's child, which skips `atexit`; never raises."""
    pid = os.getpid()
    if pid in _hooked:
        return
    try:
        for name in _POOLS:
            process = sys.modules.get(f"{name}.process")
            if process is not None and _is_child(process):
                _hooked.add(pid)
                _finalize(name, deliver)
                _watch()
        celery = sys.modules.get("celery.signals")
        if celery is not None and pid in _hooked:  # the children of its pool end by os._exit
            celery.worker_process_shutdown.connect(lambda **_: deliver(), weak=False)
    except Exception as error:
        trouble("finalizer", error)


def _watch() -> None:
    """See to it that the handler of SIGTERM runs though the main thread waits for its pool.

    Python runs it between two instructions. A signal that comes just before the main thread begins
    to wait in a system call, or to another thread, interrupts nothing: and a pool that terminates
    its children sends it when they go back to wait for work.
    """
    global _wakeup
    handler = signal.getsignal(signal.SIGTERM)
    if not isinstance(handler, _Ending) or threading.current_thread() != threading.main_thread():
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    others = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    if others != -1:  # an event loop's
        signal.set_wakeup_fd(others)
        os.close(reader)
        os.close(writer)
        return
    _wakeup = writer
    _thread.start_new_thread(_interrupt, (reader, threading.get_ident(), handler))


def _interrupt(signals: int, main_thread: int, handler: _Ending) -> None:
    while signal.SIGTERM not in os.read(signals, 100):
        pass
    time.sleep(UNHANDLED_SECONDS)
    if not handler.begun:
        signal.pthread_kill(main_thread, signal.SIGTERM)


def _is_child(process: Any) -> bool:
    return type(process.current_process()).__name__ != "_MainProcess"


def prepare_fork(deliver: Callable[[], None]) -> None:
    """Before a fork: a pool's child forgets the finalizers of its parent, then calls these.

    SIGTERM waits until `forked`: Python drops what reaches a child before it is set up, and a pool
    that ends such a child at once would wait for it for ever.
    """
    if isinstance(signal.getsignal(signal.SIGTERM), _Ending | _Chained):
        _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    for name in _POOLS:
        util = sys.modules.get(f"{name}.util")
        if util is not None and name not in _prepared:
            _prepared.add(name)
            util.register_after_fork(deliver, hook_child)


def forked() -> None:
    """After a fork: SIGTERM is as it was."""
    before, _masks.before = getattr(_masks, "before", None), None
    if before is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def forked_child() -> None:
    """After a fork, in the child: its signals are not its parent's, and SIGTERM is as it was."""
    global _wakeup
    if _wakeup is not None:
        if (current := signal.set_wakeup_fd(-1)) not in (-1, _wakeup):
            signal.set_wakeup_fd(current)
        os.close(_wakeup)
        _wakeup = None
    forked()


def _finalize(pool: str, deliver: Callable[[], None]) -> None:
    sys.modules[f"{pool}.util"].Finalize(None, deliver, exitpriority=100)
