"""HTML page of a dashboard: rows of panels with descriptions."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from dashboards.pictures import drawing
from dashboards.pictures.answers import Answers, Series
from dashboards.pictures.drawing import MARKS, Area, Mark

WIDTH = 1400  # pixels
PANEL, WIDE = 684, 1376
HEIGHT = 230
NOTE = "drawn from the live queries of a demo run, not rendered by Grafana"
STYLE = """
body { font: 13px/1.35 system-ui, "DejaVu Sans", sans-serif; color: #1d2733; background: #eef1f4;
  margin: 0; padding: 12px; width: 1376px }
h1 { font-size: 22px; margin: 2px 0 } h2 { font-size: 15px; margin: 14px 0 6px; color: #3c4a58 }
header p { margin: 0 0 4px; color: #4a5866 } header i { color: #8a5a00; font-style: normal }
.marks span { margin-right: 16px } .marks b { font-size: 11px }
.row { display: flex; flex-wrap: wrap; gap: 8px }
.panel { background: #fff; border: 1px solid #d5dbe1; border-radius: 4px; padding: 6px 8px;
  box-sizing: border-box; width: 684px } .panel.stat { width: 453px } .panel.table, .panel.wide {
  width: 1376px }
h3 { font-size: 14px; margin: 0 } .panel p { margin: 0 0 4px; color: #6a7783; font-size: 11.5px }
svg text { font-size: 11px; fill: #55626e } .grid { stroke: #e6eaee }
.number { font-size: 34px; font-weight: 600; padding: 6px 0 8px } .number.none { color: #9aa4ae;
  font-size: 22px } .number.n2, .number.n3 { font-size: 22px } .number span { margin-right: 18px }
.number small { font-size: 12px; font-weight: 400; color: #55626e; margin-left: 5px }
.legend { font-size: 12px } .legend span { margin-right: 12px; white-space: nowrap }
.legend i { display: inline-block; width: 12px; height: 4px; margin-right: 4px;
  vertical-align: middle } table { border-collapse: collapse; width: 100%; margin: 4px 0 }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid #e6eaee }
th { color: #55626e }
"""


def page(board: Mapping[str, Any], answers: Answers) -> str:
    """The HTML of one dashboard over the period of `answers`."""
    marks = sorted(_marks(board, answers), key=lambda mark: mark.at)
    rows = "".join(_rows(board, answers, marks))
    first = {mark.title: mark for mark in reversed(marks)}.values()
    values = "".join(
        f'<span><b style="color:{mark.color}">▼</b> {mark.clock} {escape(mark.title)}</span>'
        for mark in sorted(first, key=lambda mark: mark.at)
    )
    return (
        f"<!doctype html><meta charset='utf-8'><style>{STYLE}</style>"
        f"<header><h1>{escape(board['title'])}</h1><p>{escape(board['description'])} "
        f"<i>({NOTE})</i></p><p class='marks'>{values}</p></header>{rows}"
    )


def _rows(board: Mapping[str, Any], answers: Answers, marks: Sequence[Mark]) -> Iterator[str]:
    for title, panels in _by_row(board["panels"]):
        halves = [panel for panel in panels if panel["type"] not in ("stat", "table")]
        alone = halves[-1] if len(halves) % 2 else None
        drawn = (_panel(panel, answers, marks, wide=panel is alone) for panel in panels)
        yield f"<h2>{escape(title)}</h2><div class='row'>{''.join(drawn)}</div>"


def _by_row(panels: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    rows: list[tuple[str, list[Mapping[str, Any]]]] = []
    for panel in panels:
        if panel["type"] == "row":
            rows.append((panel["title"], []))
        else:
            rows[-1][1].append(panel)
    return rows


def _panel(panel: Mapping[str, Any], answers: Answers, marks: Sequence[Mark], wide: bool) -> str:
    area = Area((WIDE if wide else PANEL) - 18, HEIGHT, answers.start, answers.end)
    drawn = _drawn(panel, answers.of(panel), marks, area)
    title, description = escape(panel["title"]), escape(panel["description"])
    kind = f"panel {panel['type']}{' wide' if wide else ''}"
    return f"<div class='{kind}'><h3>{title}</h3><p>{description}</p>{drawn}</div>"


def _drawn(
    panel: Mapping[str, Any], series: Sequence[Series], marks: Sequence[Mark], area: Area
) -> str:
    if panel["type"] == "stat":
        return drawing.number(panel, series)
    if panel["type"] == "table":
        return drawing.listing(panel, series)
    if panel["type"] == "heatmap":
        return drawing.density(series, panel["options"]["yAxis"]["unit"], marks, area)
    return drawing.lines(panel, series, marks, area)


def _marks(board: Mapping[str, Any], answers: Answers) -> Iterator[Mark]:
    """Annotations of a board, by start time."""
    for annotation in board["annotations"]["list"]:
        target = {**annotation["target"], "legendFormat": annotation["titleFormat"]}
        color = MARKS[annotation["iconColor"]]
        for series in answers.target(target):
            first, value = series.points[0]
            at = value / 1000 if annotation.get("useValueForTime") else first
            if at > answers.start + 5:  # what was there before belongs to no moment
                yield Mark(at, series.name, color)
