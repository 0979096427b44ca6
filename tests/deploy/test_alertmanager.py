"""Who is told of which alert, and what stays silent: asked of the real Alertmanager."""

import json
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.ports import free_port

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity
from groundwire_collector.alerting.stack.writing import FILES, NOTES

CONFIG = Path(str(FILES / "alertmanager.yml"))
SEVERITIES = {alert.name: alert.severity for alert in alerts(RuleSettings.load(None))}
GLOBAL = {
    *("GroundwireCollectorDown", "GroundwireEvaluationStale", "GroundwireQueueAgeing"),
    *("GroundwireJudgeBehind", "GroundwireJudgeChanged"),
}
TICKETS = {name for name, severity in SEVERITIES.items() if severity is Severity.TICKET}

pytestmark = pytest.mark.needs("alertmanager")


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def config() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    return loaded


def test_alertmanager_accepts_its_configuration():
    run("amtool", "check-config", CONFIG)


@pytest.mark.parametrize("name", SEVERITIES)
def test_pages_go_to_the_pager_and_tickets_elsewhere(name: str, tmp_path: Path):
    chosen = config()
    page, ticket = chosen["route"]["routes"]
    page["receiver"], ticket["receiver"] = "webhook", "slack"
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(chosen))
    to = {Severity.PAGE: "webhook", Severity.TICKET: "slack"}[SEVERITIES[name]]
    labels = (f"alertname={name}", f"severity={SEVERITIES[name].value}", "service=bot")
    file = f"--config.file={tmp_path / 'alertmanager.yml'}"
    assert run("amtool", "config", "routes", "test", file, *labels).strip() == to


def test_what_silences_and_is_silenced_are_alerts_that_exist():
    for rule in config()["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, pattern = re.fullmatch(r"(\w+)(?:=~|!~|!=|=)\"(.+)\"", matcher).groups()
            if label == "alertname":
                for one in pattern.split("|") if "(" not in pattern else [pattern]:
                    assert any(re.fullmatch(one, name) for name in SEVERITIES), matcher


class Alertmanager:
    """A running one, with the shipped configuration."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api/v2"

    def reported(self, service: str, names: Iterable[str]) -> set[str]:
        """Of alerts that fire together for a service, those that are not silenced."""
        labels = [
            {"alertname": name, "severity": SEVERITIES[name].value}
            | ({} if name in GLOBAL else {"service": service})
            for name in names
        ]
        posted = httpx.post(f"{self.api}/alerts", json=[{"labels": each} for each in labels])
        assert posted.is_success, posted.text
        deadline, message = time.monotonic() + 10, None
        while time.monotonic() < deadline:  # until it says the same twice
            before, message = message, self._active(labels)
            if message is not None and message == before:
                return message
            time.sleep(0.1)
        raise AssertionError("Alertmanager does not settle")

    def _active(self, labels: list[dict[str, str]]) -> set[str] | None:
        found = {
            frozenset(alert["labels"].items()): alert["status"]["state"]
            for alert in httpx.get(f"{self.api}/alerts").json()
        }
        requested = [frozenset(each.items()) for each in labels]
        if not all(each in found for each in requested):
            return None
        return {dict(each)["alertname"] for each in requested if found[each] == "active"}


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    port = free_port()
    command = [
        "prometheus-alertmanager",
        f"--config.file={CONFIG}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            for _ in range(100):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=2).is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield Alertmanager(port)
        finally:
            process.terminate()
            process.wait(20)


def test_one_incident_is_one_notification(alertmanager: Alertmanager):
    burn, drift = "GroundwireFaithfulnessBurn", "GroundwireDrift"
    slow, drop = "GroundwireFaithfulnessSlowBurn", "GroundwireFaithfulnessDrop"
    broken, silent = "GroundwireRetrievalBroken", "GroundwireNoTurns"
    # A page says what the tickets of its service would; of tickets the one that knows most.
    assert alertmanager.reported("a", [burn, *TICKETS - GLOBAL]) == {burn}
    assert alertmanager.reported("b", [drift, slow, drop]) == {drift}
    assert alertmanager.reported("c", [slow, drop]) == {slow}
    # Of another service nothing is silenced.
    assert alertmanager.reported("d", [drop]) == {drop}
    # Where retrieval is broken, faithfulness is its consequence.
    consequences = {burn, drift, slow, drop, "GroundwireMemorization", "GroundwireCoverageLow"}
    assert alertmanager.reported("e", [broken, *consequences]) == {broken}
    # What is not judged now shows the past; that nothing arrives is seen all the same.
    stale = "GroundwireEvaluationStale"
    everything = [burn, drift, broken, silent, "GroundwireQueueAgeing"]
    assert alertmanager.reported("f", [stale, *everything]) == {stale, silent}
    # And when nobody watches only that is told.
    down = "GroundwireCollectorDown"
    assert alertmanager.reported("g", [down, *SEVERITIES]) == {down}


def test_the_message_says_what_where_since_when_and_what_to_do_first(tmp_path: Path):
    [slack] = [r for r in config()["receivers"] if r["name"] == "slack"]
    text = slack["slack_configs"][0]["text"]
    message = {
        "summary": "bot, model_version ft-2: 60% of the answers are unsupported",
        "since": "p_unsupported got worse at 03:00",
        "first": "Open the worst turn.",
        "worst_turn_url": "http://c/turns/worst?service=bot",
        "runbook_url": "http://c/runbooks/X",
    }
    data = tmp_path / "alerts.json"
    data.write_text(json.dumps({"alerts": [{"status": "firing", "annotations": message}]}))
    written = run(
        *("amtool", "template", "render", f"--template.glob={tmp_path}/*.tmpl"),
        *(f"--template.data={data}", f"--template.text={text}"),
    )
    for part in message.values():
        assert part in written


def test_receivers_read_their_secrets_where_the_stack_mounts_them():
    compose = yaml.safe_load((FILES / "compose.yaml").read_text(encoding="utf-8"))
    assert "./secrets:/run/groundwire:ro" in compose["services"]["alertmanager"]["volumes"]
    text = CONFIG.read_text(encoding="utf-8")
    files = set(re.findall(r"_file: (\S+)", text))
    assert files == {"/run/groundwire/slack_url", "/run/groundwire/pagerduty_key"}
    assert all(Path(each).name in NOTES["secrets"] for each in files)
