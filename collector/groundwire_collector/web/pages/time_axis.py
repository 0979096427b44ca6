"""Time axis of charts: how long, and how wide its buckets are."""

from sqlalchemy import Connection

from groundwire_collector.storage import score_sums
from groundwire_collector.storage.score_sums import (
    FINE,
    FINE_LIFETIME_SECONDS,
    HOUR,
    ScoreSumQuery,
)
from groundwire_collector.web.pages.charts import Axis

BUCKETS = 60  # of a chart, at most
STEPS = (10, 20, 30, 60, 120, 300, 600)  # seconds, for ranges of hours
HOURS = (1, 2, 3, 6, 12, 24, 48, 168)
FINE_RANGE = 8 * HOUR


def time_axis(
    connection: Connection, query: ScoreSumQuery, since: int, until: int | None, now: int
) -> Axis | None:
    """Axis from the first bucket with turns on (seconds); None without any."""
    end = min(until + 1, now + 1) if until is not None else now + 1
    fine = end - since <= FINE_RANGE and since >= now - FINE_LIFETIME_SECONDS
    width = FINE if fine else HOUR
    bounds = query._replace(since=since - since % width, until=end, step=width)
    found = score_sums.extent(connection, bounds)
    if found is None:
        return None
    first = max(since, found[0])
    last = end if until is None else min(end, found[1] + width)
    steps = STEPS if fine else tuple(HOUR * hours for hours in HOURS)
    step = next((each for each in steps if (last - first) / each <= BUCKETS), steps[-1])
    start = first - first % step
    return Axis(start, max(last, start + 2 * step), step)


def within(query: ScoreSumQuery, axis: Axis) -> ScoreSumQuery:
    """The query over the buckets of an axis."""
    return query._replace(since=axis.since, until=axis.until, step=axis.step)
