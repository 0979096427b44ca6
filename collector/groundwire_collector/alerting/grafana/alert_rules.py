"""Alert rules that Grafana evaluates itself, for installations without Alertmanager.

Each asks Prometheus for the alert's expression, which has a value only where the alert fires. The
queries and conditions are those of Grafana's own import of Prometheus rules
(https://grafana.com/docs/grafana/latest/alerting/alerting-rules/alerting-migration/). Recording
rules stay with Prometheus.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings, duration

FOLDER, FOLDER_UID = "Groundwire", "groundwire"
GROUP = "groundwire-alerts"
VALUE = "$values.query.Value"
RANGE = {"from": 600, "to": 0}  # seconds before now; the query is instant
EXPRESSION = {"type": "__expr__", "uid": "__expr__"}
# Values that a template of Prometheus queries; Grafana's templates cannot.
_QUERIED = r"\{\{ with (?:printf )?`[^`]*`[^}]*\| query \}\}.*?\{\{ else \}\}unknown\{\{ end \}\}"
_COMPARISON = re.compile(rf" \([a-z ]+: {_QUERIED}\)")
_NUMBER = re.compile(_QUERIED)
_QUERIED_LINK = re.compile(r"(?:&since=\{\{ with|\{\{ with printf `group) .*")  # its end


def rule_group(settings: RuleSettings, datasource: str, receiver: str = "") -> dict[str, Any]:
    """All alerting rules as one provisioned group of Grafana.

    `datasource` is the uid of the Prometheus data source; `receiver` the contact point that is
    notified, empty for the default policy.
    """
    found = alerts(settings)
    return {
        "orgId": 1,
        "name": GROUP,
        "folder": FOLDER,
        "interval": duration(max(settings.interval, 10)),  # Grafana's least is ten seconds
        "rules": [_rule(alert, settings, datasource, receiver) for alert in found],
    }


def _rule(
    alert: AlertRule, settings: RuleSettings, datasource: str, receiver: str
) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "uid": f"groundwire-{sha256(alert.name.encode()).hexdigest()[:12]}",
        "title": alert.name,
        "condition": "firing",
        "data": [_query(alert.expression, datasource), _present(), _above_zero()],
        "noDataState": "OK",  # an expression without a value is an alert that does not fire
        "execErrState": "Error",
        "for": duration(alert.for_seconds),
        "labels": {"severity": alert.severity.value},
        "annotations": _annotations(alert, settings),
        "isPaused": False,
    }
    if alert.keep_firing:
        rule["keep_firing_for"] = duration(alert.keep_firing)
    if receiver:
        grouped = ["grafana_folder", "alertname", "service"]
        rule["notification_settings"] = {"receiver": receiver, "group_by": grouped}
    return rule


def _query(expression: str, datasource: str) -> dict[str, Any]:
    model = {
        "refId": "query",
        "datasource": {"type": "prometheus", "uid": datasource},
        "expr": expression,
        "instant": True,
        "range": False,
        "editorMode": "code",
    }
    return {
        "refId": "query",
        "relativeTimeRange": RANGE,
        "datasourceUid": datasource,
        "model": model,
    }


def _present() -> dict[str, Any]:
    """Expression of 1 for each series of the answer, whatever its value."""
    expression = "is_number($query) || is_nan($query) || is_inf($query)"
    return _expression("present", {"type": "math", "expression": expression})


def _above_zero() -> dict[str, Any]:
    above = {"evaluator": {"type": "gt", "params": [0]}}
    return _expression(
        "firing", {"type": "threshold", "expression": "present", "conditions": [above]}
    )


def _expression(name: str, model: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "refId": name,
        "relativeTimeRange": RANGE,
        "datasourceUid": EXPRESSION["uid"],
        "model": {"refId": name, "datasource": dict(EXPRESSION), **model},
    }


def _annotations(alert: AlertRule, settings: RuleSettings) -> dict[str, str]:
    texts = {
        "summary": alert.summary,
        "first": alert.first,
        **alert.links,
        "runbook_url": f"{settings.runbooks}/{alert.name}",
    }
    return {name: _translated(text) for name, text in texts.items()}


def _translated(text: str) -> str:
    """A template of Prometheus in the functions that Grafana has.

    Comparisons in parentheses and the beginning of lists of turns are left out, other numbers refer
    to the dashboard.
    """
    known = _NUMBER.sub("(see the dashboard)", _COMPARISON.sub("", _QUERIED_LINK.sub("", text)))
    return re.sub(r"\$value\b", VALUE, known)
