"""Judge budget: calls per minute and day, cost per day."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.storage import judging


class SkipReason(StrEnum):
    """Reason why a turn was not judged; a metric label."""

    RATE = "rate"  # not drawn
    BUDGET = "budget"  # drawn; the judgements of the day were spent
    COST = "cost"  # drawn; the money of the day was spent
    BREAKER = "breaker"  # drawn; the endpoint failed call after call
    LATE = "late"  # drawn; it waited too long for its place in the minute


@dataclass
class JudgeBudget:
    """Budget of one judge; the cost limit is shared by all judges.

    Spending is read from the store, so a restart does not reset the day.
    """

    judge: str
    per_day: int
    cost_per_day: float | None = None
    pace: RateLimiter | None = None  # None: unlimited

    def spent(self, connection: Connection, now_ns: int) -> SkipReason | None:
        """Reason why the budget is exhausted today, else None.

        Calls in flight when the cost limit is reached still complete.
        """
        if judging.spent(connection, self.judge, now_ns).judgements >= self.per_day:
            return SkipReason.BUDGET
        limit = self.cost_per_day
        if limit is not None and judging.cost_today(connection, now_ns) >= limit:
            return SkipReason.COST
        return None

    def due(self) -> bool:
        """Reserve a call in the current minute, if one is left."""
        return self.pace is None or self.pace.take()
