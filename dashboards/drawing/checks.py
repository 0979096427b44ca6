"""Assertions on drawn dashboards: what a person on call must never see."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboards.drawing.states import INCIDENTS

MOST_LEGEND_ENTRIES = 8
OF_COLLECTOR = re.compile(r"evaluation behind|last evaluated|wait for the disk")
# Where 0 is the answer: nothing failed.
OF_FAILURES = re.compile(r"have no price|too many versions|judge paused|not become a turn|refused")
MACHINE_TEXT = re.compile(r"\bValue\b|\bundefined\b|\bNaN\b|\b\d{13}\b|\[object")
COLOURS_OF_JUDGEMENT = {"green", "orange", "red"}
Panel = Mapping[str, Any]
Board = Mapping[str, Any]


class Drawn(NamedTuple):
    """Dashboard drawn in a state, with the report of each panel."""

    board: Board
    state: str
    panels: Sequence[Panel]


def complaints(drawn: Drawn) -> list[str]:
    """Complaints about a drawn dashboard, one line each."""
    name = f"{drawn.board['uid']} ({drawn.state})"
    return [
        f"{name}: {panel['title']}: {found}"
        for check in CHECKS
        for panel in drawn.panels
        for found in check(panel, drawn.state)
    ]


def machine_text(panel: Panel, _state: str) -> Iterator[str]:
    """Text that Grafana shows where a name or a unit is missing."""
    shown = panel["fields"] if panel["type"] != "stat" else []  # its text has what it shows
    names = [field["name"] for field in shown]
    if found := MACHINE_TEXT.search("\n".join([panel["text"], *names])):
        yield f"shows {found[0]!r}"
    if panel["crash"]:
        yield panel["crash"]


def coloured_absence(panel: Panel, _state: str) -> Iterator[str]:
    """A missing value in a colour that means good or bad."""
    for stat in panel["stats"]:
        if stat["value"] is None and stat["color"] in COLOURS_OF_JUDGEMENT:
            yield f"shows a missing value ({stat['text']!r}) in {stat['color']}"


def cut_title(panel: Panel, _state: str) -> Iterator[str]:
    """A title that ends in dots."""
    if panel["cut"]:
        yield "title is cut"


def cells_outside(panel: Panel, _state: str) -> Iterator[str]:
    """Columns of a table beyond the right edge of its panel."""
    if panel["outside"]:
        yield f"columns outside the panel: {', '.join(panel['outside'])}"


def long_legend(panel: Panel, _state: str) -> Iterator[str]:
    """More legend entries than can be told apart."""
    drawn = [f for f in panel["fields"] if f["numeric"]] if panel["type"] == "timeseries" else []
    if len(drawn) > MOST_LEGEND_ENTRIES:
        yield f"{len(drawn)} legend entries"


def green_in_alarm(panel: Panel, state: str) -> Iterator[str]:
    """A green number about what an open alarm says is bad."""
    if state not in INCIDENTS or OF_COLLECTOR.search(panel["title"]):
        return
    for stat in panel["stats"]:
        if stat["color"] == "green":
            yield f"{stat['text']} in green while an alarm is open"


def flat_zero(panel: Panel, state: str) -> Iterator[str]:
    """A chart of zeros during a rollout, which tells nothing unless it counts failures."""
    drawn = [f for f in panel["fields"] if f["numeric"]]
    checked = state == "rollout" and panel["type"] == "timeseries" and drawn
    if checked and not OF_FAILURES.search(panel["title"]) and all(field["zero"] for field in drawn):
        yield "zero throughout"


def broken_link(panel: Panel, _state: str) -> Iterator[str]:
    """A data link with a variable that nothing replaces."""
    for link in panel["links"]:
        if "$" in link or "undefined" in link:
            yield f"link {link}"


CHECKS: tuple[Callable[[Panel, str], Iterator[str]], ...] = (
    machine_text,
    coloured_absence,
    cut_title,
    cells_outside,
    long_legend,
    green_in_alarm,
    flat_zero,
    broken_link,
)
