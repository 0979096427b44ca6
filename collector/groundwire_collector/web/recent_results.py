"""Short-lived cache of results that take long to compute."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

Result = TypeVar("Result")

TTL_SECONDS = 30.0
MOST = 64


class RecentResults:
    """Small cache with a time to live, for one process.

    Thread-safe; two that miss at once compute it both.
    """

    def __init__(self, ttl_seconds: float = TTL_SECONDS, most: int = MOST) -> None:
        self._ttl_seconds = ttl_seconds
        self._most = most
        self._results: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """The result of `key`, computed anew where none is as young as `ttl_seconds`."""
        now = monotonic()
        with self._lock:
            made, result = self._results.get(key, (float("-inf"), None))
        if now - made < self._ttl_seconds:
            return result  # type: ignore[no-any-return]
        fresh = compute()
        with self._lock:
            self._results[key] = (now, fresh)
            self._results.move_to_end(key)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return fresh
