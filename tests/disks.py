"""File systems of their own for tests: one that is small, and one whose device can fail."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

Lacking = Callable[[str, str], NoReturn]


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, size: str, lacking: Lacking) -> Iterator[Path]:
    """A disk of that size (12m) at `folder`; without the right to mount the test is left out."""
    folder.mkdir()
    try:
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError):
        lacking("the right to mount a disk", "run as root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
