"""The shipped dashboards: up to date, whole, and about metrics that exist."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.metric_definitions import MetricKind, all_metrics

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "collector/groundwire_collector/alerting/grafana/boards"
FILES = sorted(SHIPPED.glob("*.json"))
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in FILES}
UIDS = {  # links and bookmarks hold them: they never change
    "overview": "groundwire-overview",
    "faithfulness": "groundwire-faithfulness",
    "reliance": "groundwire-reliance",
    "behaviour": "groundwire-behaviour",
    "drift": "groundwire-drift",
    "finetune": "groundwire-finetune",
    "health": "groundwire-health",
}
# What the dashboard's own variables are called; those of Grafana begin with two underscores.
VARIABLE = re.compile(r"\$\{?([a-z_]+)")
SUFFIXES = {
    MetricKind.COUNTER: ("_total",),
    MetricKind.HISTOGRAM: ("_sum", "_count", "_bucket"),
    MetricKind.GAUGE: ("",),
}
every_board = pytest.mark.parametrize("name", BOARDS)


def panels(name: str) -> list[dict[str, Any]]:
    """Every panel that queries, also those of collapsed rows."""
    every = BOARDS[name]["panels"]
    inside = [inner for row in every for inner in row.get("panels") or ()]
    return [panel for panel in (*every, *inside) if panel["type"] != "row"]


def rows(name: str) -> list[dict[str, Any]]:
    return [panel for panel in BOARDS[name]["panels"] if panel["type"] == "row"]


def expressions(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [found for value in node.values() for found in expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in expressions(value)]
    return []


def test_the_shipped_dashboards_are_those_the_code_generates(tmp_path: Path):
    subprocess.run([sys.executable, "-m", "dashboards.build", tmp_path], check=True, cwd=ROOT)
    built = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in (tmp_path / "grafana").glob("*.json")
    }
    assert built == BOARDS, "run: make docs"


def test_the_addresses_of_dashboards_stay():
    assert {name: board["uid"] for name, board in BOARDS.items()} == UIDS


@every_board
def test_every_panel_says_how_to_read_it_and_in_which_unit(name: str):
    for panel in panels(name):
        assert len(panel["description"]) > 20, panel["title"]
        unit = panel["fieldConfig"]["defaults"].get("unit")
        dimension = panel.get("options", {}).get("yAxis", {}).get("unit")
        assert unit or dimension or panel["type"] == "table", panel["title"]
        if panel["type"] == "table":
            overridden = [
                {p["id"] for p in override["properties"]}
                for override in panel["fieldConfig"]["overrides"]
                if str(override["matcher"]["options"]).startswith("Value")
            ]
            assert len(overridden) == len(panel["targets"]), panel["title"]
            assert all({"unit", "displayName"} <= ids for ids in overridden), panel["title"]


@every_board
def test_panels_lie_inside_the_grid_and_over_none_other(name: str):
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }

    top = [panel for panel in BOARDS[name]["panels"] if panel["type"] != "row"]
    for shown in (top, *(row["panels"] for row in rows(name))):
        assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in shown)
        for one, other in combinations(shown, 2):
            assert not cells(one) & cells(other), (one["title"], other["title"])
    every = [*panels(name), *rows(name)]
    assert len({panel["id"] for panel in every}) == len(every)
    assert len({panel["title"] for panel in panels(name)}) == len(panels(name))


@every_board
def test_every_query_goes_to_the_chosen_datasource(name: str):
    targets = [target for panel in panels(name) for target in panel["targets"]]
    targets += [each["target"] for each in BOARDS[name]["annotations"]["list"]]
    assert all(target["datasource"]["uid"] == "${datasource}" for target in targets)
    assert all(len({t["refId"] for t in p["targets"]}) == len(p["targets"]) for p in panels(name))


@every_board
def test_queries_use_only_variables_that_the_dashboard_has(name: str):
    has = {variable["name"] for variable in BOARDS[name]["templating"]["list"]}
    assert {"datasource", "service", "collector_url"} <= has
    text = " ".join(expressions(BOARDS[name]))
    used = {found for found in VARIABLE.findall(text) if not found.startswith("__")}
    assert used <= has
    versions = {"model_version", "prompt_version", "index_version"}
    assert versions <= has or {"old", "new"} <= has


@every_board
def test_rollouts_and_the_onset_of_drift_are_marked_and_other_events_can_be(name: str):
    marks = {mark["name"]: mark["enable"] for mark in BOARDS[name]["annotations"]["list"]}
    assert {"Index changes", "New prompts", "Releases", "Drift alarms", "Alerts"} <= marks.keys()
    assert {mark for mark, shown in marks.items() if shown} == {"Rollouts", "Drift began"}


@every_board
def test_queries_name_only_metrics_and_recorded_series_that_exist(name: str):
    limits = RuleSettings.load(None)
    exist = {m.name + suffix for m in all_metrics() for suffix in SUFFIXES[m.kind]}
    exist |= {recording.name for recording in (*recordings(limits), *references(limits))}
    found = expressions(BOARDS[name])
    assert len(found) >= 15
    for expression in found:
        assert (
            set(re.findall(r"(?:[a-z_]+:)?groundwire_[a-z_]+(?::[a-z_0-9]+)?", expression)) <= exist
        ), expression


def test_every_metric_has_a_panel_or_is_behind_a_recorded_series():
    limits = RuleSettings.load(None)
    shown = " ".join(expression for board in BOARDS.values() for expression in expressions(board))
    shown += " ".join(
        recording.expression
        for recording in (*recordings(limits), *references(limits))
        if recording.name in shown
    )
    assert [metric.name for metric in all_metrics() if metric.name not in shown] == []


def test_lines_lead_to_the_turns_behind_them_and_dots_to_their_trace():
    for name, board in BOARDS.items():
        links = json.dumps(
            [panel["fieldConfig"]["defaults"].get("links") for panel in panels(name)]
        )
        if name != "health":
            assert "${collector_url}/turns?" in links, name
        assert any(link["type"] == "dashboards" for link in board["links"])
    targets = [t for name in BOARDS for panel in panels(name) for t in panel["targets"]]
    dotted = [target for target in targets if target.get("exemplar")]
    assert len(dotted) >= 5
    assert all(re.search("_bucket|_total", target["expr"]) for target in dotted)


def test_the_addresses_that_alerts_link_to_are_dashboards():
    every = [alert.links.get("dashboard_url") for alert in alerts(RuleSettings.load(None))]
    links = [link for link in every if link]
    assert links
    assert all(re.search(r"/d/([a-z-]+)\?", link)[1] in UIDS.values() for link in links)  # type: ignore[index]
