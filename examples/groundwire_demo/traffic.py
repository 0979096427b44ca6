"""Load generator: steady rate, concurrent users."""

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from groundwire_demo.questions import Question


@dataclass
class Traffic:
    """Sends `turns` questions to `ask` at `rate` per second, concurrently.

    `ask` is given the question and whether the rollout has happened, which it has from turn
    number `rollout_at` on. What it raises is kept as that turn's failure.
    """

    ask: Callable[[str, bool], object]
    questions: Iterator[Question]
    turns: int
    rate: float
    rollout_at: int | None
    users: int = 8
    started: list[datetime] = field(default_factory=list)
    answered: int = 0
    failures: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._turnstile = threading.Lock()  # held while waiting for the next turn to be due
        self._counting = threading.Lock()
        self._stop = threading.Event()
        self._begin = 0.0

    def start(self) -> list[threading.Thread]:
        """Start the threads; they end after the last question, or `stop`."""
        self._begin = time.monotonic()
        threads = [threading.Thread(target=self._user, daemon=True) for _ in range(self.users)]
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        self._stop.set()

    @property
    def done(self) -> int:
        """Turns that are over, well or not."""
        return self.answered + len(self.failures)

    @property
    def rollout_began(self) -> datetime | None:
        """When the first question went to the model rolled out; None before."""
        if self.rollout_at is None or len(self.started) <= self.rollout_at:
            return None
        return self.started[self.rollout_at]

    def turn_at(self, moment: datetime) -> int:
        """Number of turns started by then."""
        return bisect_right(self.started, moment)

    def _user(self) -> None:
        while (taken := self._next()) is not None:
            number, question = taken
            rolled_out = self.rollout_at is not None and number >= self.rollout_at
            try:
                self.ask(question.text, rolled_out)
            except Exception as failure:
                self.failures.append(failure)
            else:
                with self._counting:
                    self.answered += 1

    def _next(self) -> tuple[int, Question] | None:
        with self._turnstile:
            number = len(self.started)
            due = self._begin + number / self.rate
            if number >= self.turns or self._stop.wait(max(0.0, due - time.monotonic())):
                return None
            self.started.append(datetime.now(UTC))
            return number, next(self.questions)
