"""Progress display: a bar on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Progress of the run."""

    requested: int
    judged: int
    phase: str


class Display(Protocol):
    """Interface of progress displays."""

    def say(self, line: str) -> None: ...

    def show(self, progress: RunProgress) -> None: ...


class Bar:
    """Progress bar at the bottom, with log lines above it."""

    def __init__(self, progress: Progress, turns: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=turns, judged=0)

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, progress: RunProgress) -> None:
        self._progress.update(
            self._task,
            completed=progress.requested,
            description=progress.phase,
            judged=progress.judged,
        )


@dataclass
class Lines:
    """One line per tenth of the run."""

    console: Console
    turns: int
    _tenths: int = 0
    _phase: str = ""

    def say(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, progress: RunProgress) -> None:
        tenths = 10 * progress.requested // self.turns
        if tenths > self._tenths or progress.phase != self._phase:
            self._tenths, self._phase = tenths, progress.phase
            self.say(
                f"{progress.requested:5} of {self.turns} questions, {progress.judged:5} judged:"
                f" {progress.phase}"
            )


@contextmanager
def display(console: Console, turns: int) -> Iterator[Display]:
    """What suits the console."""
    if not console.is_terminal:
        yield Lines(console, turns)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("asked, {task.fields[judged]} judged"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield Bar(progress, turns)
