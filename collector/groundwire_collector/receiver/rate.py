"""Rate limit per key: token buckets of one second."""

from time import monotonic

from groundwire_collector.receiver.body import RequestRejectedError


class KeyRateLimiter:
    """`limit` requests a second and key; 0: as many as come."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, as of when

    def take(self, key_id: str) -> None:
        """RequestRejectedError 429 where the key is over its rate."""
        if not self._limit:
            return
        now = monotonic()
        most = max(1.0, self._limit)
        tokens, since = self._buckets.get(key_id, (most, now))
        tokens = min(most, tokens + (now - since) * self._limit)
        if tokens < 1:
            self._buckets[key_id] = (tokens, now)
            raise RequestRejectedError(429, "This key sends more than it may; try again.")
        self._buckets[key_id] = (tokens - 1, now)
