"""Child processes that end with the demo."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from groundwire_collector.errors import UsageError

_STOP_SECONDS = 20.0


@contextmanager
def ended_at_last(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Child process, terminated after the block, killed if necessary."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def free_port() -> int:
    """Free loopback port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_ready(process: subprocess.Popen[Any], url: str, seconds: float, log: Path) -> None:
    """Wait until `url` answers.

    Raises:
        UsageError: the process ended before it did, or did not answer in time.
    """
    deadline = time.monotonic() + seconds
    with httpx.Client(timeout=1.0) as client:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise UsageError(f"{process.args!r} ended with {process.returncode}; see {log}")
            with suppress(httpx.TransportError):
                if client.get(url).is_success:
                    return
            time.sleep(0.1)
    raise UsageError(f"{url} did not answer within {seconds:.0f} s; see {log}")
