"""Alert rules that Grafana evaluates, by the types of Grafana's Foundation SDK."""

import re
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import alerting

from groundwire_collector.alerting.grafana.alert_rules import rule_group
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings

SETTINGS = RuleSettings(collector_url="https://groundwire.example")
GROUP = rule_group(SETTINGS, "prom", "Groundwire")
RULES: list[dict[str, Any]] = GROUP["rules"]
SHIPPED = {alert.name: alert for alert in alerts(SETTINGS)}
# Names that the files of provisioning have and the HTTP API, which the SDK describes, has not.
OF_FILES = {"orgId", "folder"}
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["title"])


def test_every_alert_has_a_rule_with_a_uid_of_its_own():
    assert [rule["title"] for rule in RULES] == list(SHIPPED)
    uids = [rule["uid"] for rule in RULES]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[\w-]{1,40}", uid) for uid in uids)
    assert uids == [rule["uid"] for rule in rule_group(RuleSettings(), "other")["rules"]]


@every_rule
def test_a_rule_has_the_fields_of_the_schema_and_no_others(rule: dict[str, Any]):
    of_api = {"orgID": 1, "folderUID": "groundwire", "ruleGroup": GROUP["name"]}
    read = alerting.Rule.from_json({**rule, **of_api})
    written = JSONEncoder().encode(read)
    assert set(rule) <= set(alerting.Rule.to_json(read)), rule.keys()
    for name in ("condition", "title", "uid", "noDataState", "execErrState", "for"):
        assert f'"{name}"' in written
    queries = [alerting.Query.from_json(query) for query in rule["data"]]
    assert [set(q.to_json()) for q in queries] == [set(query) for query in rule["data"]]
    assert rule["condition"] in {query.ref_id for query in queries}
    settings = alerting.NotificationSettings.from_json(rule["notification_settings"])
    assert settings.receiver == "Groundwire"


@every_rule
def test_a_rule_asks_for_the_expression_of_prometheus_and_fires_where_it_has_a_value(
    rule: dict[str, Any],
):
    query, present, firing = rule["data"]
    assert query["datasourceUid"] == query["model"]["datasource"]["uid"] == "prom"
    assert query["model"]["expr"] == SHIPPED[rule["title"]].expression
    assert query["model"]["instant"]
    assert "$query" in present["model"]["expression"]
    assert firing["model"]["expression"] == present["refId"]
    assert rule["noDataState"] == "OK"


@every_rule
def test_texts_use_only_what_grafana_can_fill_in(rule: dict[str, Any]):
    texts = " ".join(rule["annotations"].values())
    assert "| query" not in texts
    assert "$value " not in texts
    assert texts.count("{{") == texts.count("}}")
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["runbook_url"].startswith("https://groundwire.example/runbooks/")


def test_without_a_contact_point_the_default_policy_notifies():
    assert not any("notification_settings" in r for r in rule_group(SETTINGS, "prom")["rules"])
