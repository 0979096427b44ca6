"""Panel rendering as SVG and HTML: lines, heatmaps, stats, tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from dashboards.pictures.answers import Series
from dashboards.pictures.units import shown, ticks

COLORS = (
    "#2f7ed8", "#e8743b", "#19a979", "#945ecf", "#e6b800", "#13a4b4", "#d9467a", "#6c8893",
    "#bf8b2e", "#5b6abf", "#2f6497", "#8ab446",
)  # fmt: skip
NAMED = {"red": "#d0302b", "orange": "#d97a00", "green": "#2c8a3c"}
MARKS = {"red": "#d0302b", "orange": "#d97a00", "yellow": "#b59a00", "blue": "#2f7ed8",
         "green": "#2c8a3c", "purple": "#945ecf"}  # fmt: skip
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 20, 22
MOST_NAMED = 8  # series in a legend
NO_DATA = '<div class="number none">no data</div>'


@dataclass(frozen=True, slots=True)
class Mark:
    """Annotation: time, title, color."""

    at: float
    title: str
    color: str

    @property
    def clock(self) -> str:
        return f"{datetime.fromtimestamp(self.at, UTC):%H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Area:
    """Plot area: mapping of time and values to coordinates."""

    width: int
    height: int
    start: float
    end: float
    low: float = 0.0
    high: float = 1.0

    def x(self, at: float) -> float:
        inner = self.width - LEFT - RIGHT
        return LEFT + inner * (at - self.start) / (self.end - self.start)

    def y(self, value: float) -> float:
        inner = self.height - TOP - BOTTOM
        return TOP + inner * (1 - (value - self.low) / (self.high - self.low))

    def frame(self, inside: str, axis: str) -> str:
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}">{axis}{inside}</svg>'
        )

    def times(self) -> str:
        """The axis of time."""
        made = []
        for part in range(5):
            at = self.start + (self.end - self.start) * part / 4
            anchor = ("start", "middle", "middle", "middle", "end")[part]
            text = f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"
            where = f'x="{self.x(at):.0f}" y="{self.height - 5}" text-anchor="{anchor}"'
            made.append(f"<text {where}>{text}</text>")
        return "".join(made)

    def values(self, unit: str) -> str:
        """The axis of values."""
        made = []
        for tick in ticks(self.low, self.high):
            y = self.y(tick)
            made.append(
                f'<line class="grid" x1="{LEFT}" x2="{self.width - RIGHT}" y1="{y:.1f}" '
                f'y2="{y:.1f}"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{escape(shown(tick, unit))}</text>"
            )
        return "".join(made)

    def limit(self, defaults: Mapping[str, Any]) -> str:
        """The line at the panel's highest threshold, where it draws one."""
        style = defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode")
        if style != "line":
            return ""
        y = self.y(defaults["thresholds"]["steps"][-1]["value"])
        place = f'x1="{LEFT}" x2="{self.width - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"'
        return f'<line {place} stroke="{NAMED["red"]}"/>'

    def marks(self, marks: Iterable[Mark]) -> str:
        made = []
        for mark in marks:
            if self.start <= mark.at <= self.end:
                x = self.x(mark.at)
                made.append(
                    f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{self.height - BOTTOM}" '
                    f'stroke="{mark.color}" stroke-dasharray="3 3"/>'
                    f'<path d="M{x - 4:.1f} {TOP - 12}h8l-4 6z" fill="{mark.color}"/>'
                )
        return "".join(made)


def lines(
    panel: Mapping[str, Any], series: Sequence[Series], marks: Sequence[Mark], area: Area
) -> str:
    """A line a series, areas on each other where the panel stacks them."""
    if not series:
        return NO_DATA
    defaults = panel["fieldConfig"]["defaults"]
    unit, custom = defaults["unit"], defaults.get("custom", {})
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    low, high = _bounds(defaults, series)
    area = Area(area.width, area.height, area.start, area.end, low, high)
    made = _stack(series, area) if stacked else [_line(s, area, c) for s, c in _colored(series)]
    inside = area.marks(marks) + area.limit(defaults) + "".join(made)
    drawn = area.frame(inside, area.values(unit) + area.times())
    return drawn + _legend(series, unit)


def _line(series: Series, area: Area, color: str) -> str:
    paths, pen = [], False
    for at, value in series.points:
        if value != value:
            pen = False
            continue
        cut = min(max(value, area.low), area.high)
        paths.append(f"{'L' if pen else 'M'}{area.x(at):.1f} {area.y(cut):.1f}")
        pen = True
    return f'<path d="{"".join(paths)}" fill="none" stroke="{color}" stroke-width="2"/>'


def _stack(series: Sequence[Series], area: Area) -> list[str]:
    below: dict[float, float] = defaultdict(float)
    made = []
    for each, color in _colored(series):
        points = [(at, value) for at, value in each.points if value == value]
        lower = [(at, below[at]) for at, _ in points]
        for at, value in points:
            below[at] += value
        upper = [(at, below[at]) for at, _ in points]
        outline = [f"{area.x(at):.1f},{area.y(v):.1f}" for at, v in (*upper, *reversed(lower))]
        made.append(f'<polygon points="{" ".join(outline)}" fill="{color}" opacity="0.75"/>')
    return made


def _bounds(defaults: Mapping[str, Any], series: Sequence[Series]) -> tuple[float, float]:
    values = [value for each in series for _, value in each.points if abs(value) < 1e300]
    low = defaults.get("min", min([0.0, *values]))
    high = defaults.get("max", max([*values, 0.0]) * 1.05)
    return low, high if high > low else low + 1.0


def density(series: Sequence[Series], unit: str, marks: Sequence[Mark], area: Area) -> str:
    """A row of cells a bucket, darker where more turns are."""
    if not series:
        return NO_DATA
    ordered = sorted(series, key=lambda each: float(each.labels["le"]))
    counts = [dict(each.points) for each in ordered]
    cells = {
        (row, at): max(upto - counts[row - 1].get(at, 0.0), 0.0) if row else upto
        for row, count in enumerate(counts)
        for at, upto in count.items()
    }
    most = max(cells.values(), default=0.0) or 1.0
    moments = sorted({at for _, at in cells})
    width = area.x(moments[1]) - area.x(moments[0]) if len(moments) > 1 else 4.0
    area = Area(area.width, area.height, area.start, area.end, 0.0, float(max(len(ordered), 1)))
    tall = area.y(0) - area.y(1)
    made = [
        f'<rect x="{area.x(at):.1f}" y="{area.y(row + 1):.1f}" width="{width + 0.3:.1f}" '
        f'height="{tall:.1f}" fill="#1f5fa8" opacity="{(value / most) ** 0.5:.2f}"/>'
        for (row, at), value in cells.items()
        if value
    ]
    names = [
        f'<text x="{LEFT - 6}" y="{area.y(row + 1) + 4:.1f}" text-anchor="end">'
        f"{escape(_bucket(each.labels['le'], unit))}</text>"
        for row, each in enumerate(ordered)
    ]
    return area.frame("".join(made) + area.marks(marks), "".join(names) + area.times())


def _bucket(bound: str, unit: str) -> str:
    return "more" if bound == "+Inf" else f"≤ {shown(float(bound), unit)}"


def number(panel: Mapping[str, Any], series: Sequence[Series]) -> str:
    """The latest value of each series, coloured by the panel's thresholds."""
    defaults = panel["fieldConfig"]["defaults"]
    steps = defaults.get("thresholds", {}).get("steps", [])
    found = [each for each in series if each.last is not None]
    if not found:
        return f'<div class="number none">{escape(defaults.get("noValue", "no data"))}</div>'
    made = []
    for each in found:
        value = each.last or 0.0
        color = next((s["color"] for s in reversed(steps) if _from(s) <= value), "")
        name = f"<small>{escape(each.name)}</small>" if len(found) > 1 else ""
        style = f"color:{NAMED.get(color, '#333')}"
        made.append(f'<span style="{style}">{escape(shown(value, defaults["unit"]))}{name}</span>')
    return f'<div class="number n{min(len(found), 3)}">{"".join(made)}</div>'


def _from(step: Mapping[str, Any]) -> float:
    return float("-inf") if step.get("value") is None else float(step["value"])


def listing(panel: Mapping[str, Any], series: Sequence[Series]) -> str:
    """A row a label set, a column a query."""
    names, units = {}, {}
    for override in panel["fieldConfig"]["overrides"]:
        properties = {p["id"]: p["value"] for p in override["properties"]}
        key = override["matcher"]["options"]
        if "displayName" in properties:
            letter = key.removeprefix("Value #")
            names[letter], units[letter] = properties["displayName"], properties["unit"]
    rows: dict[tuple[tuple[str, str], ...], dict[str, float]] = defaultdict(dict)
    for each in series:
        labels = {k: v for k, v in each.labels.items() if k != "job"}
        rows[tuple(sorted(labels.items()))][each.query] = each.last or 0.0
    if not rows:
        return '<div class="number none">none</div>'
    order = panel["transformations"][-1]["options"]["indexByName"]
    found = {name for labels in rows for name, _ in labels}
    columns = sorted(found, key=lambda name: order.get(name, len(order)))
    head = "".join(f"<th>{escape(name)}</th>" for name in (*columns, *names.values()))
    body = "".join(_row(dict(labels), columns, values, units) for labels, values in rows.items())
    return f"<table><tr>{head}</tr>{body}</table>"


def _row(
    labels: Mapping[str, str],
    columns: Iterable[str],
    values: Mapping[str, float],
    units: Mapping[str, str],
) -> str:
    texts = [labels.get(name, "") for name in columns]
    texts += [shown(values[k], unit) if k in values else "" for k, unit in units.items()]
    return f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in texts)}</tr>"


def _legend(series: Sequence[Series], unit: str) -> str:
    made = [
        f'<span><i style="background:{color}"></i>{escape(each.name)}'
        f"{'' if each.last is None else ' <b>' + escape(shown(each.last, unit)) + '</b>'}</span>"
        for each, color in list(_colored(series))[:MOST_NAMED]
    ]
    more = len(series) - MOST_NAMED
    made += [f"<span>and {more} more</span>"] if more > 0 else []
    return f'<div class="legend">{"".join(made)}</div>'


def _colored(series: Sequence[Series]) -> Iterator[tuple[Series, str]]:
    return ((each, COLORS[i % len(COLORS)]) for i, each in enumerate(series))
