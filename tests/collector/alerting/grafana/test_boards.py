"""Dashboards of the wheel, for one's own labels and addresses."""

import json

from groundwire_collector.alerting.grafana.boards import boards
from groundwire_collector.alerting.rules.settings import RuleSettings

SEVEN = {"overview", "faithfulness", "reliance", "behaviour", "drift", "finetune", "health"}


def variable(board: dict, name: str) -> dict:
    [found] = [v for v in board["templating"]["list"] if v["name"] == name]
    return found


def test_seven_dashboards_are_shipped_with_stable_uids():
    shipped = boards(RuleSettings.load(None))
    assert shipped.keys() == SEVEN
    assert {board["uid"] for board in shipped.values()} == {f"groundwire-{name}" for name in SEVEN}


def test_replicas_are_distinguished_by_the_labels_of_the_settings():
    settings = RuleSettings(replica_labels=("zone", "host"))
    text = json.dumps(boards(settings))
    assert text.count("max without (zone, host) (") > 100
    assert "instance, pod" not in text
    assert json.dumps(boards(RuleSettings())).count("max without (instance, pod) (") > 100


def test_links_lead_to_the_collector_of_the_settings():
    url = "https://groundwire.example"
    for board in boards(RuleSettings(collector_url=url)).values():
        assert variable(board, "collector_url")["query"] == url


def test_the_data_source_is_chosen_where_one_is_named():
    named = boards(RuleSettings(), "prom-eu")["overview"]
    assert variable(named, "datasource")["current"]["value"] == "prom-eu"
    assert "prom-eu" not in json.dumps(boards(RuleSettings())["overview"])
