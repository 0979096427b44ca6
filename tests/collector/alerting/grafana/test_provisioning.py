"""Provisioning files, and the command that writes them."""

import json
import re
from pathlib import Path
from typing import Any

import typer
import yaml
from grafana_foundation_sdk.models import alerting
from typer.testing import CliRunner

from groundwire_collector.alerting.grafana.provisioning import GrafanaOptions, documents
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.commands.dashboards import dashboards


def run(*options: str) -> list[Path]:
    app = typer.Typer()
    app.command()(dashboards)
    done = CliRunner().invoke(app, options)
    assert done.exit_code == 0, done.output
    return [Path(line) for line in done.output.splitlines()]


def test_dashboards_are_found_in_their_own_folder_of_grafana(tmp_path: Path):
    run("--out", str(tmp_path))
    document = yaml.safe_load((tmp_path / "provisioning/dashboards/groundwire.yaml").read_text())
    [provider] = document["providers"]
    assert (provider["folder"], provider["folderUid"]) == ("Groundwire", "groundwire")
    found = Path(provider["options"]["path"])
    assert len(list(found.glob("*.json"))) == 7
    for file in found.glob("*.json"):
        assert json.loads(file.read_text())["uid"].startswith("groundwire-")


def test_labels_and_addresses_come_from_the_settings_file(tmp_path: Path):
    limits = tmp_path / "limits.toml"
    limits.write_text('replica_labels = ["zone"]\ncollector_url = "https://gw.example"\n')
    written = run("--out", str(tmp_path / "made"), "--config", str(limits))
    text = "".join(path.read_text() for path in written)
    assert "max without (zone) (" in text
    assert "instance, pod" not in text
    assert "https://gw.example" in text


def test_only_what_is_asked_for_is_provisioned(tmp_path: Path):
    names = {path.name for path in run("--out", str(tmp_path))}
    assert {name for name in names if name.endswith(".yaml")} == {"groundwire.yaml"}
    options = ("--prometheus-url", "http://prometheus:9090", "--managed-alerts")
    every = run("--out", str(tmp_path), *options, "--notify", "oncall@example.com")
    kinds = {path.parent.name for path in every if path.suffix == ".yaml"}
    assert kinds == {"dashboards", "datasources", "alerting"}


def made(**options: Any) -> dict[str, Any]:
    chosen = GrafanaOptions(**options)
    return documents(RuleSettings(collector_url="https://gw.example"), chosen, Path("/made"))


def test_the_data_source_has_the_uid_that_dashboards_and_rules_name():
    found = made(datasource="prom", prometheus_url="http://p:9090", managed_alerts=True)
    [source] = found["datasources/groundwire.yaml"]["datasources"]
    assert source["uid"] == source["name"] == "prom"
    [group] = found["alerting/groundwire-rules.yaml"]["groups"]
    assert {rule["data"][0]["datasourceUid"] for rule in group["rules"]} == {"prom"}


def test_a_dot_of_a_panel_leads_to_its_turn():
    [source] = made(prometheus_url="http://p:9090")["datasources/groundwire.yaml"]["datasources"]
    [link] = source["jsonData"]["exemplarTraceIdDestinations"]
    assert link["url"] == "https://gw.example/traces/$${__value.raw}"


def test_contact_points_have_the_fields_of_the_schema():
    for notify, kind in (("oncall@example.com", "email"), ("https://hooks.example/x", "webhook")):
        document = made(managed_alerts=True, notify=notify)
        [point] = document["alerting/groundwire-contact-point.yaml"]["contactPoints"]
        [receiver] = point["receivers"]
        read = alerting.ContactPoint.from_json({**receiver, "name": point["name"]})
        assert read.type_val == kind
        assert set(receiver) <= set(read.to_json())
        assert notify in receiver["settings"].values()


def test_rules_notify_the_contact_point_that_is_provisioned():
    found = made(managed_alerts=True, notify="oncall@example.com")
    [point] = found["alerting/groundwire-contact-point.yaml"]["contactPoints"]
    [group] = found["alerting/groundwire-rules.yaml"]["groups"]
    receivers = {rule["notification_settings"]["receiver"] for rule in group["rules"]}
    assert receivers == {point["name"]}
    assert re.fullmatch(r"\d+[smh]", group["interval"])
