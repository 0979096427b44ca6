"""Rate limiter: calls per minute and per day, in this process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DAY = 86_400.0


@dataclass
class RateLimiter:
    """At most `per_minute` calls, evenly spaced, and `per_day`.

    `wait` blocks until the next call is due; `take` answers at once whether it is.
    """

    per_minute: float = 60.0
    per_day: int | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)
    _day_began: float | None = field(default=None, init=False)
    _today: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.per_minute <= 0:
            raise ValueError(f"per_minute must be positive, not {self.per_minute}")

    def take(self) -> bool:
        """Take one call if it is due and the day's budget is not spent."""
        with self._lock:
            now = self.clock()
            if now < self._next or not self._left_today(now):
                return False
            self._spend(now)
            return True

    def wait(self) -> bool:
        """Wait for the next call and take it; False when the day's budget is spent."""
        with self._lock:
            now = self.clock()
            if not self._left_today(now):
                return False
            due = max(now, self._next)
            self._spend(due)
        if due > now:
            self.sleep(due - now)
        return True

    def _left_today(self, now: float) -> bool:
        if self._day_began is None or now - self._day_began >= DAY:
            self._day_began, self._today = now, 0
        return self.per_day is None or self._today < self.per_day

    def _spend(self, at: float) -> None:
        self._next = at + 60.0 / self.per_minute
        self._today += 1
