"""Circuit breaker for failing endpoints."""

import threading
from dataclasses import dataclass, field

MOST_FAILURES = 5
FIRST_PAUSE_NS = 30 * 1_000_000_000
LONGEST_PAUSE_NS = 900 * 1_000_000_000


@dataclass
class CircuitBreaker:
    """Opens after `MOST_FAILURES` consecutive failures, with exponential back-off.

    First for half a minute; then one call tries, and if it fails, the pause doubles, up to a
    quarter of an hour.

    Kept in memory alone: a process that starts anew may fail as often before it pauses again.
    """

    failures: int = 0
    _open_until_ns: int = 0
    _pause_ns: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def open(self, now_ns: int) -> bool:
        """Whether calls are blocked now."""
        return now_ns < self._open_until_ns

    def allows(self, now_ns: int) -> bool:
        """Acquire permission for a call; half-open, only one caller gets it."""
        with self._lock:
            if self.open(now_ns):
                return False
            if self._pause_ns:
                self._open_until_ns = now_ns + self._pause_ns
            return True

    def succeeded(self) -> None:
        """The endpoint answers."""
        with self._lock:
            self.failures, self._pause_ns, self._open_until_ns = 0, 0, 0

    def failed(self, now_ns: int) -> bool:
        """Record a failure; True if the breaker opened or stays open."""
        with self._lock:
            self.failures += 1
            if self.failures < MOST_FAILURES:
                return False
            self._pause_ns = min(2 * self._pause_ns or FIRST_PAUSE_NS, LONGEST_PAUSE_NS)
            self._open_until_ns = now_ns + self._pause_ns
            return True
