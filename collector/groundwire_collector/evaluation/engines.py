"""Engines that map evaluators over many turns: processes here, or Ray.

The one interface of re-scoring: results come in the order of the turns, batches grow while they
are quick, and no more turns are read ahead than the workers have begun.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from queue import SimpleQueue
from time import monotonic
from typing import Protocol

from groundwire_collector.evaluation.registry import close, evaluators
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.settings import Settings
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.turn import Turn

Identity = tuple[str, str]  # name and revision of an evaluator
FEWEST, MOST = 8, 512  # turns in a batch
BATCH_SECONDS = 1.0  # a batch that takes less is followed by a larger one
AHEAD = 2  # batches begun for each worker


class JudgingEngine(Protocol):
    """Maps evaluators over turns."""

    @property
    def identities(self) -> Sequence[Identity]:
        """Name and revision of each evaluator."""

    def map(self, turns: Iterable[Turn]) -> Iterator[JudgedTurn]:
        """Judge turns, in their order; `turns` is read as far as workers have begun."""

    def close(self) -> None:
        """End the workers."""


class BatchSize:
    """Batch size: doubled while batches are quick, halved after a slow one."""

    def __init__(self) -> None:
        self.turns = FEWEST

    def took(self, turns: int, seconds: float) -> None:
        """Note how long a batch took."""
        if seconds > BATCH_SECONDS:
            self.turns = max(FEWEST, self.turns // 2)
        elif turns == self.turns:
            self.turns = min(MOST, self.turns * 2)


Timed = tuple[list[JudgedTurn], float]


def mapped_in_order(
    turns: Iterable[Turn],
    submit: Callable[[list[Turn]], Callable[[], Timed]],
    workers: int,
) -> Iterator[JudgedTurn]:
    """Submit batches, a bounded number ahead; yields their results in order.

    `submit` starts a batch and returns what waits for its results and their seconds.
    """
    source, size = iter(turns), BatchSize()
    begun: deque[tuple[int, Callable[[], Timed]]] = deque()
    while True:
        while len(begun) < workers * AHEAD and (batch := list(islice(source, size.turns))):
            begun.append((len(batch), submit(batch)))
        if not begun:
            return
        number, wait = begun.popleft()
        found, seconds = wait()
        size.took(number, seconds)
        yield from found


class LocalEngine:
    """Judges in processes of this machine, each with its time limits."""

    def __init__(
        self, settings: Settings, processes: int, names: Sequence[str] | None = None
    ) -> None:
        """`names`: those of the configured evaluators; None: all of them."""
        self._every = [evaluators(settings) for _ in range(processes)]
        self._free: SimpleQueue[Sequence[Evaluator]] = SimpleQueue()
        for every in self._every:
            self._free.put([each for each in every if names is None or each.name in names])
        chosen = self._free.get()
        self._free.put(chosen)
        self.identities: Sequence[Identity] = [(each.name, each.revision) for each in chosen]
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="judging")
        self._processes = processes

    def map(self, turns: Iterable[Turn]) -> Iterator[JudgedTurn]:
        """Judge turns, in their order."""
        return mapped_in_order(turns, self._submit, self._processes)

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for every in self._every:
            close(every)

    def _submit(self, batch: list[Turn]) -> Callable[[], Timed]:
        future: Future[Timed] = self._threads.submit(self._judge, batch)
        return future.result

    def _judge(self, batch: list[Turn]) -> Timed:
        chosen = self._free.get()
        began = monotonic()
        try:
            return judge(chosen, batch), monotonic() - began
        finally:
            self._free.put(chosen)
