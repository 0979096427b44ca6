"""Rules of Grafana's dashboard linter, and rules of our own: faults that the JSON already shows.

https://github.com/grafana/dashboard-linter/tree/main/docs/rules. Not kept, by design: template-job,
template-instance, target-job and target-instance on dashboards of turns, which every replica
exposes alike (`max without (instance, pod)`); the one about processes has both variables.
"""

import json
import re
from typing import Any

from tests.dashboards.test_boards import BOARDS, every_board, panels, rows

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_evaluators.evaluation import CitationOutcome, State, Verdict
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.passive import StaleOutcome
from groundwire_evaluators.retrieval.outcome import ChunkOutcome

COUNTER = re.compile(r"\bgroundwire_\w+_(?:total|bucket|count|sum)\b")
RATED = re.compile(r"(?:rate|increase|\w+_over_time)\([^()]*\[[^\]]*\](?: @ end\(\))?[^()]*\)")
RANGES = {"$__rate_interval", "$__range", "1h", "7d"}
SCREEN = 22  # grid rows at 1920 × 1080
MEANING = {"green", "orange", "red"}
LAPTOP = 1400  # pixels of the grid in a window of 1440
OLDER, NEWEST = "blue", "orange"
# Closed sets of labels whose values are good or bad, and their values.
CLOSED = {
    "verdict": tuple(Verdict),
    "state": (*State, "finished", "abandoned"),
    "outcome": (*CitationOutcome, *Outcome, *StaleOutcome, *ChunkOutcome),
    "kind": ("covered", "novel", "overriding"),
    "direction": ("right", "wrong"),
    "sufficient": ("true", "false"),
    "result": ("answered", "skipped"),
    "status": ("200", "400", "401", "413", "429", "503"),
}


def of_kind(name: str, kind: str) -> list[dict[str, Any]]:
    return [panel for panel in panels(name) if panel["type"] == kind]


def defaults(panel: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = panel["fieldConfig"]["defaults"]
    return found


def expressions(name: str) -> list[tuple[str, str]]:
    return [(panel["title"], t["expr"]) for panel in panels(name) for t in panel["targets"]]


@every_board
def test_there_is_one_data_source_variable_and_every_panel_uses_it(name: str):
    variables = BOARDS[name]["templating"]["list"]
    assert [v["name"] for v in variables if v["type"] == "datasource"] == ["datasource"]
    assert {panel["datasource"]["uid"] for panel in panels(name)} == {"${datasource}"}


@every_board
def test_query_variables_are_read_anew_when_the_time_range_changes(name: str):
    queried = [v for v in BOARDS[name]["templating"]["list"] if v["type"] == "query"]
    assert all(variable["refresh"] == 2 and variable["label"] for variable in queried)


@every_board
def test_every_variable_has_an_effect(name: str):
    board = BOARDS[name]
    used = json.dumps([board["panels"], board["annotations"], board["links"]])
    used += json.dumps([v.get("query") for v in board["templating"]["list"]])
    for variable in board["templating"]["list"]:
        assert re.search(rf"\$\{{?{variable['name']}\b", used), variable["name"]


@every_board
def test_every_panel_has_a_title_that_asks_and_a_description(name: str):
    for panel in panels(name):
        assert panel["title"].endswith("?"), panel["title"]
        assert len(panel["description"]) > 20, panel["title"]


@every_board
def test_counters_are_drawn_as_rates_or_increases_of_a_chosen_range(name: str):
    for title, expression in expressions(name):
        bare = RATED.sub("", expression)
        of_versions = "count(" in bare or "count by" in bare or "timestamp(" in bare
        assert of_versions or not COUNTER.search(bare), (title, expression)
        found = set(re.findall(r"(?:rate|increase)\([^\[\]]*\[([^\]]+)\]", expression))
        assert found <= RANGES, (title, found)


@every_board
def test_dashboards_are_versioned_and_can_not_be_edited_in_place(name: str):
    board = BOARDS[name]
    assert board["uid"]
    assert board["version"] >= 2
    assert board["editable"] is False


@every_board
def test_an_hour_is_shown_by_default(name: str):
    assert BOARDS[name]["time"] == {"from": "now-1h", "to": "now"}


@every_board
def test_the_first_screen_holds_every_panel_that_is_not_in_a_collapsed_row(name: str):
    top = [panel for panel in BOARDS[name]["panels"] if panel["type"] != "row"]
    assert max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in top) <= SCREEN
    assert 6 <= len(top) <= 11
    assert all(row["collapsed"] for row in rows(name))


@every_board
def test_a_missing_value_is_a_grey_dash_and_no_stat_has_default_thresholds(name: str):
    for panel in of_kind(name, "stat"):
        [mapping] = [m for m in defaults(panel)["mappings"] if m["type"] == "special"]
        assert mapping["options"]["match"] == "null+nan", panel["title"]
        assert mapping["options"]["result"]["color"] == "text", panel["title"]
        steps = defaults(panel)["thresholds"]["steps"]
        coloured = {step["color"] for step in steps} & MEANING
        assert coloured or panel["options"]["colorMode"] == "none", panel["title"]


@every_board
def test_lines_have_a_legend_with_the_last_and_the_worst_value_and_say_when_they_are_empty(
    name: str,
):
    for panel in of_kind(name, "timeseries"):
        legend, worst = panel["options"]["legend"], panel["options"]["legend"]["calcs"][1]
        assert legend["displayMode"] == "table", panel["title"]
        assert worst in ("min", "max"), panel["title"]
        assert panel["options"]["tooltip"]["sort"] == ("asc" if worst == "min" else "desc")
        assert defaults(panel)["noValue"], panel["title"]
        assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]
        assert defaults(panel)["unit"] not in ("short", "cps", "reqps"), panel["title"]


@every_board
def test_axes_of_shares_go_as_far_as_the_values_unless_parts_are_stacked(name: str):
    for panel in of_kind(name, "timeseries"):
        if defaults(panel)["unit"] == "percentunit":
            stacked = defaults(panel)["custom"].get("stacking", {}).get("mode") == "normal"
            assert stacked or not {"min", "max"} <= defaults(panel).keys(), panel["title"]


@every_board
def test_the_column_of_a_single_query_is_named_whatever_grafana_calls_it(name: str):
    for panel in of_kind(name, "table"):
        matched = [
            override["matcher"]["options"]
            for override in panel["fieldConfig"]["overrides"]
            if override["matcher"]["id"] == "byRegexp"
        ]
        assert re.fullmatch(matched[0], "Value"), panel["title"]
        assert re.fullmatch(matched[0], "Value #A"), panel["title"]
        assert len(matched) == len(panel["targets"]), panel["title"]


@every_board
def test_columns_have_widths_and_rows_hold_no_label_that_is_not_shown(name: str):
    for panel in of_kind(name, "table"):
        for override in panel["fieldConfig"]["overrides"]:
            ids = {p["id"] for p in override["properties"]}
            assert ids & {"custom.width", "custom.hidden"}, (panel["title"], override["matcher"])
        assert all(re.match(r"(label_replace\()*max by \(", t["expr"]) for t in panel["targets"]), (
            panel["title"]
        )


@every_board
def test_data_links_have_only_the_keys_of_data_links(name: str):
    for panel in panels(name):
        for link in defaults(panel).get("links") or ():
            assert link.keys() == {"title", "url", "targetBlank"}, panel["title"]


@every_board
def test_every_number_with_a_colour_leads_to_turns_an_alarm_or_a_runbook(name: str):
    for panel in of_kind(name, "stat"):
        if panel["options"]["colorMode"] != "none":
            links = " ".join(link["url"] for link in defaults(panel)["links"])
            assert re.search("/turns|/alarms|/runbooks/", links), panel["title"]


@every_board
def test_dashboards_link_to_one_another_keeping_variables_and_time(name: str):
    [link] = [link for link in BOARDS[name]["links"] if link["type"] == "dashboards"]
    assert link["includeVars"]
    assert link["keepTime"]
    assert set(link["tags"]) <= set(BOARDS[name]["tags"])


def test_runbooks_that_panels_lead_to_exist():
    named = set(re.findall(r"/runbooks/(\w+)", json.dumps(BOARDS)))
    assert named
    assert named <= {alert.name for alert in alerts(RuleSettings.load(None))}


def test_the_comparison_starts_with_two_different_versions():
    variables = {v["name"]: v for v in BOARDS["finetune"]["templating"]["list"]}
    assert variables["new"]["query"] != variables["old"]["query"]
    assert 'model_version!~"$new|"' in variables["old"]["query"]
    differences = [p for p in of_kind("finetune", "stat") if " - " in p["targets"][0]["expr"]]
    assert len(differences) == 2
    for panel in differences:
        assert 'model_version="$old", model_version!="$new"' in panel["targets"][0]["expr"]


@every_board
def test_nothing_is_counted_as_zero_where_nothing_is_monitored(name: str):
    assert not any("vector(0)" in expression for _, expression in expressions(name))


def overrides(panel: dict[str, Any], matcher: str) -> dict[str, dict[str, Any]]:
    """Properties of the overrides of a kind, by what they match."""
    return {
        each["matcher"]["options"]: {p["id"]: p["value"] for p in each["properties"]}
        for each in panel["fieldConfig"]["overrides"]
        if each["matcher"]["id"] == matcher
    }


@every_board
def test_versions_have_the_colours_of_their_age_in_every_chart(name: str):
    for panel in of_kind(name, "timeseries"):
        if not any("_version}}" in target["legendFormat"] for target in panel["targets"]):
            continue
        found = overrides(panel, "byFrameRefID")
        colours = {letter: found[letter]["color"]["fixedColor"] for letter in "AB"}
        assert colours == {"A": OLDER, "B": NEWEST}, panel["title"]
        queried = {target["refId"]: target["expr"] for target in panel["targets"]}
        for older, newer in (("C", "D"),) if "C" in found else ():
            assert found[older]["color"]["fixedColor"] == OLDER
            assert found[newer]["color"]["fixedColor"] == NEWEST
        if name != "finetune":
            assert " unless on (service, " in queried["A"], panel["title"]
            assert queried["A"].replace(" unless on (", " and on (", 1) == queried["B"]


@every_board
def test_a_closed_set_has_the_colours_of_its_meaning_in_every_chart(name: str):
    for panel in of_kind(name, "timeseries"):
        named, patterns = (overrides(panel, kind) for kind in ("byName", "byRegexp"))
        for target in panel["targets"]:
            legend = target["legendFormat"]
            labels = [label for label in CLOSED if f"{{{{{label}}}}}" in legend]
            if not labels or "token" in panel["title"]:
                continue
            coloured = {
                value
                for value in CLOSED[labels[0]]
                if (shown := legend.replace(f"{{{{{labels[0]}}}}}", str(value))) in named
                or any(re.fullmatch(each, re.sub(r"{{.*?}}", "x", shown)) for each in patterns)
            }
            assert len(coloured) >= 2, panel["title"]
            shades = defaults(panel).get("color", {}).get("mode") == "shades"
            assert coloured == set(CLOSED[labels[0]]) or shades or labels[0] in ("outcome", "state")


@every_board
def test_failures_of_unknown_kinds_are_never_green(name: str):
    for panel in of_kind(name, "timeseries"):
        if any(re.search(r"{{(reason|result)}}", t["legendFormat"]) for t in panel["targets"]):
            assert defaults(panel)["color"] == {"mode": "shades", "fixedColor": "orange"}


@every_board
def test_evidence_is_drawn_as_its_maximum_on_a_logarithmic_axis(name: str):
    for panel in of_kind(name, "timeseries"):
        shown = [t["expr"] for t in panel["targets"] if "groundwire_drift_statistic" in t["expr"]]
        if shown:
            assert all("max_over_time(" in expression for expression in shown), panel["title"]
            scale = defaults(panel)["custom"]["scaleDistribution"]
            assert scale == {"type": "log", "log": 10}, panel["title"]


@every_board
def test_a_share_among_the_head_numbers_is_that_of_the_worst_and_no_mean_of_all(name: str):
    for panel in of_kind(name, "stat"):
        if defaults(panel)["unit"] == "percentunit":
            for target in panel["targets"]:
                worst = re.match(r"(topk|bottomk|max|min)\(|sum by \(service", target["expr"])
                assert worst or "$new" in target["expr"], panel["title"]


@every_board
def test_columns_fit_into_their_table_on_a_laptop(name: str):
    for panel in of_kind(name, "table"):
        widths = [
            prop["value"]
            for override in panel["fieldConfig"]["overrides"]
            for prop in override["properties"]
            if prop["id"] == "custom.width"
        ]
        assert sum(widths) <= LAPTOP * panel["gridPos"]["w"] / 24, panel["title"]


@every_board
def test_an_empty_table_says_what_that_means(name: str):
    for panel in of_kind(name, "table"):
        assert len(defaults(panel)["noValue"].split()) >= 3, panel["title"]


@every_board
def test_answers_without_context_are_no_part_of_how_much_the_context_is_read(name: str):
    for title, expression in expressions(name):
        for selector in re.findall(r"context_reliance:ratio\{([^}]*)\}", expression):
            assert 'source!="closed_book"' in selector, title


@every_board
def test_annotations_are_points_and_two_kinds_are_on(name: str):
    found = BOARDS[name]["annotations"]["list"]
    ours = [each for each in found if each.get("builtIn") != 1]
    assert sum(each["enable"] for each in ours) == 2
    for each in ours:
        expression = each["target"]["expr"]
        joined = each.get("useValueForTime") or " unless " in expression or "offset" in expression
        assert joined, each["name"]  # else it is a region for as long as it lasts


def test_a_row_of_alerts_without_a_service_leads_to_the_turns_of_all_services():
    [panel] = [p for p in of_kind("overview", "table") if "alerts" in p["title"]]
    [link] = [each for each in defaults(panel)["links"] if "/turns/worst" in each["url"]]
    assert (
        "&${__data.fields.of:percentencode}=${__data.fields.service:percentencode}" in link["url"]
    )
    [target] = panel["targets"]
    assert '"of", "all", "of", ""' in target["expr"]
    assert '"of", "service", "service", ".+"' in target["expr"]
