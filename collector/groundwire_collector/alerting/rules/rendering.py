"""YAML rendering of Prometheus rule files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from groundwire_collector.alerting.promql import RecordingRule
from groundwire_collector.alerting.rules.alert import AlertRule
from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.alerting.rules.settings import RuleSettings, duration

HEADER = "# Written by `groundwire rules`. Change its settings, not this file.\n"


def files(limits: RuleSettings) -> dict[str, str]:
    """The text of each rule file, by its name."""
    return {
        "groundwire-recording.yml": _text(
            _group("groundwire", limits.interval, map(_recording, recordings(limits))),
            _group(
                "groundwire-reference",
                limits.reference_interval,
                map(_recording, references(limits)),
            ),
        ),
        "groundwire-alerts.yml": _text(
            _group(
                "groundwire-alerts",
                limits.interval,
                (_alert(alert, limits) for alert in alerts(limits)),
            )
        ),
    }


def write(limits: RuleSettings, folder: Path) -> list[Path]:
    """Write the rule files into `folder`, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in files(limits).items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def _group(name: str, interval: int, rules: Any) -> dict[str, Any]:
    return {"name": name, "interval": duration(interval), "rules": list(rules)}


def _recording(recording: RecordingRule) -> dict[str, Any]:
    rule: dict[str, Any] = {"record": recording.name, "expr": recording.expression}
    return rule | ({"labels": dict(recording.labels)} if recording.labels else {})


def _alert(alert: AlertRule, limits: RuleSettings) -> dict[str, Any]:
    rule: dict[str, Any] = {"alert": alert.name, "expr": alert.expression}
    if alert.lasting:
        rule["for"] = duration(alert.lasting)
    if alert.keep_firing:
        rule["keep_firing_for"] = duration(alert.keep_firing)
    rule["labels"] = {"severity": alert.severity.value}
    rule["annotations"] = {
        **alert.texts(),
        **alert.links,
        "runbook_url": f"{limits.runbooks}/{alert.name}",
    }
    return rule


class _Dumper(yaml.SafeDumper):
    """YAML dumper with block style for multi-line expressions."""


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _string)


def _text(*groups: Mapping[str, Any]) -> str:
    document = {"groups": list(groups)}
    return HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000)
