"""The shipped dashboard: up to date, whole, and about metrics that exist."""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

from groundwire_collector.catalogue import Kind, all_metrics
from groundwire_collector.rules.alerting import alerts
from groundwire_collector.rules.limits import Limits
from groundwire_collector.rules.recording import recordings, references

ROOT = Path(__file__).parents[2]
OVERVIEW = json.loads((ROOT / "dashboards/generated/grafana/overview.json").read_text("utf-8"))
PANELS = [panel for panel in OVERVIEW["panels"] if panel["type"] != "row"]


def expressions(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [found for value in node.values() for found in expressions(value)]
    if isinstance(node, list):
        return [found for value in node for found in expressions(value)]
    return []


def test_the_shipped_dashboard_is_the_one_the_code_generates(tmp_path: Path):
    subprocess.run([sys.executable, "-m", "dashboards.build", tmp_path], check=True, cwd=ROOT)
    built = json.loads((tmp_path / "grafana/overview.json").read_text("utf-8"))
    assert built == OVERVIEW, "run: make docs"


def test_every_panel_says_how_to_read_it_and_in_which_unit():
    for panel in PANELS:
        assert len(panel["description"]) > 20, panel["title"]
        unit = panel["fieldConfig"]["defaults"].get("unit")
        axis = panel.get("options", {}).get("yAxis", {}).get("unit")
        assert unit or axis or panel["type"] == "table", panel["title"]


def test_panels_lie_inside_the_grid_and_over_none_other():
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }

    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in OVERVIEW["panels"])
    for one, other in combinations(OVERVIEW["panels"], 2):
        assert not cells(one) & cells(other), (one["title"], other["title"])
    assert len({panel["id"] for panel in OVERVIEW["panels"]}) == len(OVERVIEW["panels"])


def test_every_query_goes_to_the_chosen_datasource():
    for panel in PANELS:
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"


def test_queries_name_only_metrics_and_recorded_series_that_exist():
    suffixes = {
        Kind.COUNTER: ("_total",),
        Kind.HISTOGRAM: ("_sum", "_count", "_bucket"),
        Kind.GAUGE: ("",),
    }
    limits = Limits.load(None)
    exist = {m.name + suffix for m in all_metrics() for suffix in suffixes[m.kind]}
    exist |= {recording.name for recording in (*recordings(limits), *references(limits))}
    found = expressions(OVERVIEW)
    assert len(found) >= 25
    for expression in found:
        assert set(re.findall(r"groundwire[:_][a-z_:]+", expression)) <= exist, expression


def test_the_address_that_alerts_link_to_is_this_dashboard():
    every = [alert.links.get("dashboard_url") for alert in alerts(Limits.load(None))]
    links = [link for link in every if link]
    assert links
    assert all(f"/d/{OVERVIEW['uid']}?" in link for link in links)
