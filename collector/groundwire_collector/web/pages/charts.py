"""Charts drawn by the server as SVG: lines with intervals, bars, events.

Lines and bands lie in a box of 1000 by 1000 that is stretched to the page; everything that must not
be stretched (text, dots, events) is placed by percentages. So charts need no script and no inline
style, and their text is as large on a phone as elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil, floor, log10

from groundwire_collector.web.pages.measures import Point, Series

BOX = 1000.0
MARK_WIDTH = 0.06  # of a chart
FIRST_MARK, MARK_HEIGHT, MOST_LEVELS = 11, 13, 10  # pixels, pixels, marks
FEW = 10  # turns of a bucket below which its interval does not widen the scale


@dataclass(frozen=True, slots=True)
class ChartEvent:
    """Change point or rollout: a line in every chart."""

    mark: str
    kind: str  # change, rollout
    at: int  # seconds since the epoch
    title: str
    href: str = ""
    first: int = 0  # interval of a change point
    last: int = 0


@dataclass(frozen=True, slots=True)
class Axis:
    """Time axis of a chart: buckets of `step` seconds."""

    since: int
    until: int
    step: int

    def x(self, at: float) -> float:
        """Place of a moment, from 0 to 1."""
        return min(max((at - self.since) / max(self.until - self.since, 1), 0.0), 1.0)

    def middle(self, at: int) -> float:
        """Place of the middle of a bucket."""
        return self.x(at + self.step / 2)

    def holds(self, at: int) -> bool:
        return self.since <= at <= self.until

    def words(self, at: int, *, long: bool = False) -> str:
        """A moment as the axis shows it, in UTC."""
        moment = datetime.fromtimestamp(at, UTC)
        if long:
            return moment.strftime("%Y-%m-%d %H:%M:%S" if self.step < 60 else "%Y-%m-%d %H:%M")
        span = self.until - self.since
        if span <= 600:
            return moment.strftime("%H:%M:%S")
        return moment.strftime("%H:%M" if span <= 86_400 else "%d %b %H:%M")

    @property
    def labels(self) -> list[str]:
        """Begin, middle and end of the axis."""
        half = self.since + (self.until - self.since) // 2
        return [self.words(at) for at in (self.since, half, self.until)]


@dataclass(frozen=True, slots=True)
class DrawnSeries:
    """One series: its line, its interval band and its lone points."""

    number: int
    name: str
    line: str
    band: str
    dots: tuple[tuple[str, str], ...]
    summary: str


@dataclass(frozen=True, slots=True)
class DrawnEvent:
    """Vertical line of an event; a change point with its interval."""

    mark: str
    kind: str
    x: str
    left: str
    width: str
    title: str
    y: int  # of its mark, in pixels: marks of one moment are below one another


@dataclass(frozen=True, slots=True)
class Bucket:
    """A strip that shows its values on hover, in percent."""

    left: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Drawn chart, with the same numbers as a table."""

    name: str
    title: str
    meaning: str
    better: str
    series: tuple[DrawnSeries, ...]
    bars: str
    events: tuple[DrawnEvent, ...]
    buckets: tuple[Bucket, ...]
    y_labels: tuple[str, ...]
    x_labels: tuple[str, ...]
    description: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Name, title and meaning of a chart."""

    name: str
    title: str
    meaning: str
    better: str = ""


def percent(value: float) -> str:
    return f"{value:.0%}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def with_interval(point: Point) -> str:
    """A share with its interval and number of turns, in words."""
    return (
        f"{percent(point.value)} ({percent(point.low)} to {percent(point.high)}), {point.n:,} turns"
    )


def line_chart(
    heading: Heading, series: Sequence[Series], axis: Axis, events: Sequence[ChartEvent]
) -> Chart:
    """Line chart of shares in [0, 1] with interval bands."""
    low, high = _share_scale([point for one in series for point in one.points])
    scale = _scale(low, high)
    drawn = tuple(_drawn(one, axis, scale) for one in series)
    labels = tuple(percent(value) for value in (high, (low + high) / 2, low))
    return _chart(heading, series, axis, events, drawn, "", labels, with_interval)


def bar_chart(
    heading: Heading,
    series: Sequence[Series],
    axis: Axis,
    events: Sequence[ChartEvent],
    unit: str = "",
) -> Chart:
    """Chart of amounts per bucket, segments added up."""
    totals: dict[int, float] = {}
    for one in series:
        for point in one.points:
            totals[point.at] = totals.get(point.at, 0.0) + point.value
    top = _nice(max(totals.values(), default=1.0))
    scale = _scale(0.0, top)
    bars = "".join(_bar(axis, at, scale(value)) for at, value in sorted(totals.items()))

    def words(point: Point) -> str:
        return f"{number(point.value)} {unit}".strip()

    labels = (words(Point(0, top, 0, 0, 0)), number(top / 2), "0")
    return _chart(heading, series, axis, events, (), bars, labels, words)


def _chart(
    heading: Heading,
    series: Sequence[Series],
    axis: Axis,
    events: Sequence[ChartEvent],
    drawn: tuple[DrawnSeries, ...],
    bars: str,
    y_labels: tuple[str, ...],
    words: Callable[[Point], str],
) -> Chart:
    by_time = _by_time(series)
    rows = tuple(
        (axis.words(at, long=True), *(words(point) if point else "–" for point in points))
        for at, points in by_time.items()
    )
    names = tuple(one.name or "all turns" for one in series)
    return Chart(
        **{name: getattr(heading, name) for name in ("name", "title", "meaning", "better")},
        series=drawn,
        bars=bars,
        events=tuple(_events(events, axis)),
        buckets=tuple(
            _strip(axis, at, names, row[1:]) for at, row in zip(by_time, rows, strict=True)
        ),
        y_labels=y_labels,
        x_labels=tuple(axis.labels),
        description=_description(series, names, words),
        head=("time (UTC)", *names),
        rows=rows,
    )


def _description(
    series: Sequence[Series], names: Sequence[str], words: Callable[[Point], str]
) -> str:
    parts = [
        f"{name}: from {words(one.points[0])} to {words(one.points[-1])}"
        for name, one in zip(names, series, strict=True)
        if one.points
    ]
    return "; ".join(parts) + "." if parts else "No values in this time."


def _by_time(series: Sequence[Series]) -> dict[int, list[Point | None]]:
    times = sorted({point.at for one in series for point in one.points})
    found: dict[int, list[Point | None]] = {at: [None] * len(series) for at in times}
    for place, one in enumerate(series):
        for point in one.points:
            found[point.at][place] = point
    return found


def _drawn(series: Series, axis: Axis, scale: Callable[[float], float]) -> DrawnSeries:
    lines, bands, dots = [], [], []
    for run in _runs(series.points, axis.step):
        if len(run) == 1:
            x, y = axis.middle(run[0].at), scale(run[0].value)
            dots.append((f"{100 * x:.2f}%", f"{100 * y:.2f}%"))
        lines.append(_path([(axis.middle(p.at), scale(p.value)) for p in run]))
        upper = [(axis.middle(p.at), scale(p.high)) for p in run]
        lower = [(axis.middle(p.at), scale(p.low)) for p in reversed(run)]
        bands.append(_path([*_widened(upper, axis), *_widened(lower, axis)]) + "Z")
    summary = with_interval(series.whole)
    return DrawnSeries(
        series.number, series.name, "".join(lines), "".join(bands), tuple(dots), summary
    )


def _widened(points: list[tuple[float, float]], axis: Axis) -> list[tuple[float, float]]:
    """A lone point's interval as wide as a third of its bucket: it would not be seen else."""
    if len(points) > 1:
        return points
    [(x, y)] = points
    half = axis.x(axis.since + axis.step / 6)
    return [(x - half, y), (x + half, y)]


def _runs(points: Sequence[Point], step: int) -> list[list[Point]]:
    """Points without a gap of more than two buckets between them."""
    if not points:
        return []
    runs = [[points[0]]]
    for before, point in pairwise(points):
        if point.at - before.at > 2 * step:
            runs.append([])
        runs[-1].append(point)
    return runs


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{BOX * x:.1f} {BOX * y:.1f}" for x, y in points)


def _bar(axis: Axis, at: int, y: float) -> str:
    left, right = (BOX * axis.x(edge) for edge in (at, at + axis.step))
    gap = (right - left) * 0.12
    return f"M{left + gap:.1f} {BOX}V{BOX * y:.1f}H{right - gap:.1f}V{BOX}Z"


def _strip(axis: Axis, at: int, names: Sequence[str], values: Sequence[str]) -> Bucket:
    left, right = axis.x(at), axis.x(at + axis.step)
    lines = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
    title = "\n".join([axis.words(at, long=True), *lines])
    return Bucket(f"{100 * left:.2f}%", f"{100 * (right - left):.2f}%", title)


def _events(events: Sequence[ChartEvent], axis: Axis) -> Iterator[DrawnEvent]:
    """Events in the time of the axis; a mark that would cover the one before is set below it."""
    before, level = -1.0, 0
    for event in events:
        if not axis.holds(event.at):
            continue
        x = axis.x(event.at)
        level = level + 1 if x - before < MARK_WIDTH else 0
        before = x
        left, right = (axis.x(at) for at in (event.first or event.at, event.last or event.at))
        yield DrawnEvent(
            event.mark,
            event.kind,
            f"{100 * x:.2f}%",
            f"{100 * left:.2f}%",
            f"{100 * (right - left):.2f}%",
            event.title,
            FIRST_MARK + level % MOST_LEVELS * MARK_HEIGHT,
        )


def _scale(low: float, high: float) -> Callable[[float], float]:
    """Place from the top, 0 to 1, of a value."""
    return lambda value: 1.0 - (value - low) / (high - low)


def _share_scale(points: Sequence[Point]) -> tuple[float, float]:
    """Bounds in whole tenths around the values and the intervals of all but sparse buckets."""
    lows = [p.low if p.n >= FEW else p.value for p in points] or [0.0]
    highs = [p.high if p.n >= FEW else p.value for p in points] or [1.0]
    low = max(floor(min(lows) * 10) / 10, 0.0)
    high = min(ceil(max(highs) * 10) / 10, 1.0)
    if high - low < 0.2:
        low = max(high - 0.2, 0.0)
        high = low + 0.2
    return low, high


def _nice(value: float) -> float:
    """The least of 1, 2 or 5 times a power of ten that is not below a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= value)
