"""Rate limiter: calls per minute and per day, in this process.

By the generic cell rate algorithm (ITU-T I.371), which takes one number where a token bucket takes
two: the time from which on the next call is due.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

DAY = 86_400.0


@dataclass
class RateLimiter:
    """At most `per_minute` calls, evenly spaced but for bursts, and `per_day`.

    `burst` calls may come at once after a pause. `wait` blocks until the next call is due; `take`
    answers at once whether it is.

    Raises:
        ValueError: `per_minute` is not positive, or `burst` is less than one call.
    """

    per_minute: float = 60.0
    per_day: int | None = None
    burst: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = field(default=0.0, init=False)
    _day_began: float | None = field(default=None, init=False)
    _today: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.per_minute <= 0:
            raise ValueError(f"per_minute must be positive, not {self.per_minute}")
        if self.burst < 1:
            raise ValueError(f"burst must be at least one call, not {self.burst}")

    def take(self) -> bool:
        """Take one call if it is due and the day's budget is not spent."""
        with self._lock:
            now = self.clock()
            if now < self._due() or not self._left_today(now):
                return False
            self._spend(now)
            return True

    def wait(self) -> bool:
        """Wait for the next call and take it; False when the day's budget is spent."""
        with self._lock:
            now = self.clock()
            if not self._left_today(now):
                return False
            due = max(now, self._due())
            self._spend(due)
        if due > now:
            self.sleep(due - now)
        return True

    def _due(self) -> float:
        return self._next - (self.burst - 1) * 60.0 / self.per_minute

    def _left_today(self, now: float) -> bool:
        if self._day_began is None or now - self._day_began >= DAY:
            self._day_began, self._today = now, 0
        return self.per_day is None or self._today < self.per_day

    def _spend(self, at: float) -> None:
        self._next = max(at, self._next) + 60.0 / self.per_minute
        self._today += 1
