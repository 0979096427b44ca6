"""Overview page: measures over time per segment, with change points and rollouts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import time_ns
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.settings import Settings
from groundwire_collector.storage import closed_book_turns, drift, probe_runs, rollouts, score_sums
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.score_sums import (
    FINE,
    FINE_LIFETIME_SECONDS,
    HOUR,
    ScoreSumQuery,
    SegmentDimension,
    SegmentSum,
)
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.charts import (
    Axis,
    Chart,
    ChartEvent,
    Heading,
    bar_chart,
    line_chart,
)
from groundwire_collector.web.pages.measures import (
    MEASURES,
    MOST_SERIES,
    Point,
    Series,
    charted_segments,
    series_of,
)
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.time_range import PRESETS, Range, TimeRange
from groundwire_evaluators.reliance.memorization import estimate_memorization
from groundwire_evaluators.reliance.probe.run import summarise

router = APIRouter(include_in_schema=False)
SECOND = 10**9
BUCKETS = 60  # of a chart, about
STEPS = (10, 20, 30, 60, 120, 300, 600)  # seconds, for ranges of hours
HOURS = (1, 2, 3, 6, 12, 24, 48, 168)
FINE_RANGE = 8 * HOUR
CLOSED_BOOK_BUCKETS = 12
DIMENSIONS: tuple[SegmentDimension, ...] = (
    *("model_version", "prompt_version", "index_version", "service", ""),
)
EVENTS_SHOWN = 12
ALARMS_READ = 200


@dataclass(frozen=True, slots=True)
class AlarmBar:
    """Alarm as a bar over the time axis, in percent."""

    alarm: Alarm
    left: str
    width: str


@router.get("/")
def show(
    access: ReadAccess,
    database: Database,
    request: Request,
    span: Range,
    service: str = "",
    by: Annotated[SegmentDimension, Query()] = "model_version",
) -> HTMLResponse:
    """Faithfulness, reliance, retrieval, coverage, cost and alarms over time."""
    now = time_ns() // SECOND
    with database.connect() as connection:
        query = ScoreSumQuery(0, now + HOUR, HOUR, by, access.services, service or None)
        span = _default(connection, query, span, now)
        axis = _axis(connection, query, span, now)
        rows = score_sums.find(connection, _within(query, axis)) if axis else []
        alarms = drift.alarms(connection, access.services, limit=ALARMS_READ)
        events = _events(connection, alarms, access, service, axis) if axis else []
        reliance = _reliance(connection, access, service, axis, events) if axis else []
        known = score_sums.values(connection, access.services, now - 60 * 86_400)
    charts = [*_charts(rows, axis, events), *reliance, *_costs(request, rows, axis, events)]
    here = [alarm for alarm in alarms if not service or alarm.service == service]
    return page(
        "overview.html",
        status=400 if span.problem else 200,
        span=span,
        charts={chart.name: chart for chart in charts},
        events=events[:EVENTS_SHOWN],
        bars=_bars(here, axis) if axis else [],
        open_alarms=[alarm for alarm in here if alarm.resolved_ns is None],
        filters={"service": service, "by": by},
        dimensions=DIMENSIONS,
        known=known,
        axis=axis,
    )


def _default(connection: Connection, query: ScoreSumQuery, span: TimeRange, now: int) -> TimeRange:
    """The range of the address; without one the shortest preset that holds all recent turns."""
    if span.query or span.problem:
        return span
    month = query._replace(since=now - PRESETS["30d"])
    day = query._replace(since=now - FINE_LIFETIME_SECONDS, step=FINE)
    hours, fine = score_sums.extent(connection, month), score_sums.extent(connection, day)
    first = hours[0] if hours else now - PRESETS["7d"]
    if fine and fine[0] < first + HOUR:  # the first hour with turns holds the first of these
        first = fine[0]
    age = now - first
    preset = next((name for name, seconds in PRESETS.items() if age <= seconds), "7d")
    return TimeRange.of({"range": preset}, now * SECOND)


def _axis(connection: Connection, query: ScoreSumQuery, span: TimeRange, now: int) -> Axis | None:
    """Time axis from the first bucket with turns on; None without any."""
    since = (span.since_ns or 0) // SECOND
    until = min(span.until_ns // SECOND + 1, now + 1) if span.until_ns else now + 1
    fine = until - since <= FINE_RANGE and since >= now - FINE_LIFETIME_SECONDS
    width = FINE if fine else HOUR
    bounds = query._replace(since=since - since % width, until=until, step=width)
    found = score_sums.extent(connection, bounds)
    if found is None:
        return None
    first = max(since, found[0])
    last = until if span.until_ns is None else min(until, found[1] + width)
    if fine and last - first > FINE_RANGE:
        fine = False
    steps = STEPS if fine else tuple(HOUR * hours for hours in HOURS)
    step = next((each for each in steps if (last - first) / each <= BUCKETS), steps[-1])
    start = first - first % step
    return Axis(start, max(last, start + 2 * step), step)


def _within(query: ScoreSumQuery, axis: Axis) -> ScoreSumQuery:
    return query._replace(since=axis.since, until=axis.until, step=axis.step)


def _charts(
    rows: Sequence[SegmentSum], axis: Axis | None, events: Sequence[ChartEvent]
) -> list[Chart]:
    if axis is None:
        return []
    found = []
    segments = charted_segments(rows)
    for measure in MEASURES:
        series = series_of(measure, rows, segments)
        if series:
            heading = Heading(measure.name, measure.title, measure.meaning, measure.better)
            draw = bar_chart if measure.kind == "turns" else line_chart
            found.append(draw(heading, series, axis, events))
    return found


def _costs(
    request: Request, rows: Sequence[SegmentSum], axis: Axis | None, events: Sequence[ChartEvent]
) -> list[Chart]:
    """Cost of the model calls by the price list; without one their tokens."""
    settings: Settings = request.app.state.settings
    prices = PriceList.load(settings.prices) if settings.prices else None
    amounts: dict[int, float] = {}
    for row in rows:
        if row.measure in score_sums.TOKENS:
            amount = _cost(prices, row) if prices else row.sums.total
            amounts[row.at] = amounts.get(row.at, 0.0) + amount
    if axis is None or not amounts:
        return []
    points = tuple(Point(at, value, value, value, 0) for at, value in sorted(amounts.items()))
    whole = sum(amounts.values())
    series = [Series("", points, Point(0, whole, whole, whole, 0))]
    meaning = "by the price list, models without a price left out" if prices else "no price list"
    heading = Heading("cost", "Cost" if prices else "Tokens", meaning)
    return [bar_chart(heading, series, axis, events, prices.currency if prices else "")]


def _cost(prices: PriceList, row: SegmentSum) -> float:
    price = prices.of(row.state or None)
    if price is None:
        return 0.0
    rates = {
        score_sums.FRESH: price.input,
        score_sums.CACHED: price.cached_input,
        score_sums.WRITTEN: price.cache_write,
        score_sums.OUTPUT: price.output,
    }
    return row.sums.total * rates[row.measure] / 1_000_000


def _reliance(
    connection: Connection,
    access: Access,
    service: str,
    axis: Axis,
    events: Sequence[ChartEvent],
) -> list[Chart]:
    """Memorization ratio by closed-book calls and by probe runs, one line a model version."""
    headings = (
        Heading(
            "closed_book",
            "Memorization, closed-book calls",
            "where context and memory disagree, share of answers that follow memory",
            "lower",
        ),
        Heading(
            "probes",
            "Memorization, probes",
            "the same on scheduled questions with a contradicting context",
            "lower",
        ),
    )
    step = max((axis.until - axis.since) // CLOSED_BOOK_BUCKETS, 1)
    coarse = Axis(axis.since, axis.until, step)
    found = [
        _closed_book(connection, access, service, coarse),
        _probes(connection, access, service, coarse),
    ]
    return [
        line_chart(heading, series, coarse, events)
        for heading, series in zip(headings, found, strict=True)
        if series
    ]


def _closed_book(connection: Connection, access: Access, service: str, axis: Axis) -> list[Series]:
    answered = closed_book_turns.answered(
        connection, access.services, service or None, None, axis.since * SECOND
    )
    by_version: dict[str, dict[int, list[Any]]] = {}
    for turn in answered:
        at = turn.sampled_ns // SECOND
        if axis.holds(at):
            bucket = axis.since + (at - axis.since) // axis.step * axis.step
            buckets = by_version.setdefault(turn.model_version or "", {})
            buckets.setdefault(bucket, []).append(turn.comparison)
    found = []
    for version, buckets in by_version.items():
        points = [_ratio(at, comparisons) for at, comparisons in sorted(buckets.items())]
        everything = [each for comparisons in buckets.values() for each in comparisons]
        some = tuple(point for point in points if point is not None)
        whole = _ratio(0, everything)
        if some and whole:
            found.append(Series(version or "unknown version", some, whole))
    return _numbered(found)


def _ratio(at: int, comparisons: list[Any]) -> Point | None:
    ratio = estimate_memorization(comparisons).ratio
    return Point(at, ratio.value, *ratio.interval, ratio.n) if ratio.value is not None else None


def _probes(connection: Connection, access: Access, service: str, axis: Axis) -> list[Series]:
    by_version: dict[str, list[Point]] = {}
    for run in probe_runs.finished(connection, access.services, service or None, None):
        at = run.started_ns // SECOND
        if not axis.holds(at):
            continue
        strata = summarise(probe_runs.results(connection, run)).strata
        for stratum, found in strata.items():
            arms = found["conflict_arms"]
            if arms["memorization_ratio"] is not None:
                name = f"{run.model_version or run.model}, {stratum.replace('_', ' ')}"
                place = at - axis.step // 2  # the middle of a bucket is drawn
                low, high = arms["interval"]
                point = Point(place, arms["memorization_ratio"], low, high, arms["n"])
                by_version.setdefault(name, []).append(point)
    return _numbered(
        Series(name, tuple(sorted(points, key=lambda point: point.at)), points[0])
        for name, points in by_version.items()
    )


def _numbered(found: Iterable[Series]) -> list[Series]:
    """Series by name, at most five."""
    ordered = sorted(found, key=lambda series: series.name)[:MOST_SERIES]
    return [replace(series, number=number) for number, series in enumerate(ordered, start=1)]


def _events(
    connection: Connection, alarms: Sequence[Alarm], access: Access, service: str, axis: Axis
) -> list[ChartEvent]:
    """Change points and rollouts in the time of the axis, in order."""
    found = [_change_point(alarm) for alarm in alarms if service in ("", alarm.service)]
    announced = rollouts.newest(connection, access.services)
    named = {(each.service, each.dimension, each.value) for each in announced}
    found += [
        _rollout(each.service, each.dimension, each.value, each.at_ns, "announced")
        for each in announced
        if service in ("", each.service)
    ]
    found += [
        _rollout(each.service, each.dimension, each.value, each.first_seen_ns, "first seen")
        for each in drift.dimension_values(connection)
        if each.dimension in DIMENSIONS[:3]
        and each.position > 1
        and access.covers(each.service)
        and service in ("", each.service)
        and (each.service, each.dimension, each.value) not in named
    ]
    ordered = sorted((event for event in found if axis.holds(event.at)), key=lambda e: e.at)
    return [_marked(event, ordered[:at]) for at, event in enumerate(ordered)]


def _marked(event: ChartEvent, before: Sequence[ChartEvent]) -> ChartEvent:
    """The event with its letter and number, by which a chart names it."""
    letter = {"change": "A", "rollout": "R"}[event.kind]
    place = 1 + sum(each.kind == event.kind for each in before)
    return replace(event, mark=f"{letter}{place}")


def _change_point(alarm: Alarm) -> ChartEvent:
    change = alarm.change
    where = f", {change.dimension} {change.value}" if change.dimension else ""
    return ChartEvent(
        "",
        "change",
        change.since // SECOND,
        f"{alarm.signal} of {alarm.service}{where}: alarm, {alarm.state.value}",
        f"/alarms#alarm-{alarm.id}",
        change.interval[0] // SECOND,
        change.interval[1] // SECOND,
    )


def _rollout(service: str, dimension: str, value: str, at_ns: int, how: str) -> ChartEvent:
    what = f"{dimension.replace('_', ' ')} {value} of {service} {how}"
    return ChartEvent("", "rollout", at_ns // SECOND, what)


def _bars(alarms: Sequence[Alarm], axis: Axis) -> list[AlarmBar]:
    """Alarms that were open in the time of the axis, the latest first."""
    found = []
    for alarm in alarms:
        first = alarm.change.since // SECOND
        last = alarm.resolved_ns // SECOND if alarm.resolved_ns is not None else axis.until
        if last < axis.since or first > axis.until:
            continue
        left, right = axis.x(first), axis.x(last)
        width = max(right - left, 0.005)
        found.append(AlarmBar(alarm, f"{100 * left:.2f}%", f"{100 * width:.2f}%"))
    return found[:EVENTS_SHOWN]
