"""The rules that ship: up to date, understood by Prometheus, and each alert tried both ways."""

import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from groundwire_collector.alerting.rules.alerts import alerts
from groundwire_collector.alerting.rules.recording import recordings, references
from groundwire_collector.alerting.rules.rendering import files, write
from groundwire_collector.alerting.rules.settings import RuleSettings, duration
from groundwire_collector.commands.rules import rules
from groundwire_collector.errors import UsageError
from groundwire_collector.metric_definitions import MetricKind, all_metrics

ROOT = Path(__file__).parents[4]
GENERATED = ROOT / "dashboards/generated/prometheus"
RUNBOOKS = ROOT / "collector/groundwire_collector/alerting/runbooks"
SCENARIOS = sorted((Path(__file__).parent / "promtool").glob("*.test.yml"))
LIMITS = RuleSettings.load(None)


def promtool(*arguments: object) -> None:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_shipped_rules_are_those_the_code_generates():
    for name, text in files(LIMITS).items():
        assert (GENERATED / name).read_text(encoding="utf-8") == text, "run: make docs"


@pytest.mark.needs("prometheus")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name.split(".")[0])
def test_the_rules_do_in_prometheus_what_the_scenario_says(scenario: Path, tmp_path: Path):
    promtool("test", "rules", with_its_rules(scenario, tmp_path))


def with_its_rules(scenario: Path, folder: Path) -> Path:
    """The scenario with the rules that it speaks of and those behind them: many more would be slow.

    They are made for the limits that its first line sets, where it sets any.
    """
    text = scenario.read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    set_limits = re.match(r"# limits: (.+)", text)
    limits = RuleSettings.model_validate(yaml.safe_load(set_limits[1]) if set_limits else {})
    groups = [g for rules in files(limits).values() for g in yaml.safe_load(rules)["groups"]]
    cases = [case for test in document["tests"] for case in test.get("alert_rule_test", ())]
    exprs = [case for test in document["tests"] for case in test.get("promql_expr_test", ())]
    wanted = {case["alertname"] for case in cases}.union(*(named(case["expr"]) for case in exprs))
    while True:
        retained = [rule for g in groups for rule in g["rules"] if names_of(rule) & wanted]
        further = set().union(*(named(str(rule)) for rule in retained)) - wanted
        if not further:
            break
        wanted |= further
    for group in groups:
        group["rules"] = [rule for rule in group["rules"] if names_of(rule) & wanted]
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    document["rule_files"] = [str(folder / "rules.yml")]
    document["group_eval_order"] = [group["name"] for group in groups]  # else any
    (folder / scenario.name).write_text(yaml.safe_dump(document), encoding="utf-8")
    return folder / scenario.name


def named(text: str) -> set[str]:
    """The recorded series that an expression or a template names."""
    return set(re.findall(r"[a-z_]+:groundwire_[a-z_]+:[a-z_0-9]+", text))


def names_of(rule: dict[str, object]) -> set[object]:
    return {rule.get("alert"), rule.get("record")} - {None}


@pytest.mark.needs("prometheus")
def test_prometheus_understands_the_rules_with_any_limits(tmp_path: Path):
    limits = LIMITS.model_copy(update={"current_window": 90, "ticket_after": 0, "min_drop": 0.125})
    for number, chosen in enumerate((LIMITS, limits)):
        promtool("check", "rules", *write(chosen, tmp_path / str(number)))


def test_every_alert_is_tried_firing_and_silent():
    tried = [
        case
        for scenario in SCENARIOS
        for test in yaml.safe_load(scenario.read_text())["tests"]
        for case in test.get("alert_rule_test", ())
    ]
    for alert in alerts(LIMITS):
        outcomes = {
            bool(case.get("exp_alerts")) for case in tried if case["alertname"] == alert.name
        }
        assert outcomes == {True, False}, alert.name


def test_alerts_and_runbooks_are_one_to_one():
    runbooks = {path.stem: path.read_text("utf-8") for path in RUNBOOKS.rglob("*")}
    assert runbooks.keys() == {alert.name for alert in alerts(LIMITS)}
    for name, text in runbooks.items():
        assert text.startswith(f"# {name}\n")
        for part in ("**What it means.**", "**Check**", "**Mitigate**", f"alertname={name}"):
            assert part in text, (name, part)


def test_every_alert_says_what_to_do_first_and_where_to_look():
    for alert in alerts(LIMITS):
        assert all((alert.summary, alert.description, alert.first)), alert.name
        reported = any(
            label in alert.summary
            for label in ("$labels.service", "$labels.evaluator", "No ", "Evaluation lags")
        )
        assert reported, f"{alert.name} does not say whom it concerns"
        assert alert.links or alert.name.startswith(("GroundwireCollectorDown", "GroundwireJudge"))


def test_rules_name_only_metrics_that_exist():
    suffixes = {
        MetricKind.COUNTER: ("_total",),
        MetricKind.HISTOGRAM: ("_sum", "_count", "_bucket"),
        MetricKind.GAUGE: ("",),
    }
    exist = {m.name + suffix for m in all_metrics() for suffix in suffixes[m.kind]}
    recorded = {recording.name for recording in (*recordings(LIMITS), *references(LIMITS))}
    expressions = [r.expression for r in (*recordings(LIMITS), *references(LIMITS))]
    expressions += [alert.expression for alert in alerts(LIMITS)]
    for expression in expressions:
        named = set(re.findall(r"(?:[a-z_]+:)?groundwire_[a-z_]+(?::[a-z_0-9]+)?", expression))
        assert named <= exist | recorded, expression


def test_limits_come_from_a_file_and_the_command_writes_the_rules(tmp_path: Path):
    config = tmp_path / "limits.toml"
    config.write_text('min_turns = 7\ncollector_url = "https://groundwire.example"\n')
    out = tmp_path / "rules"
    command = typer.Typer()
    command.command()(rules)
    done = CliRunner().invoke(command, ["--config", str(config), "--out", str(out)])
    assert done.exit_code == 0, done.output
    text = (out / "groundwire-alerts.yml").read_text()
    assert "version_evaluator:groundwire_scored_turns:increase >= 7" in text
    assert "https://groundwire.example/runbooks/GroundwireDrift" in text


@pytest.mark.parametrize("text", ["min_turn = 5", "min_turns = 0", "min_turns ="])
def test_a_wrong_limit_is_reported_with_the_name_of_the_file(tmp_path: Path, text: str):
    config = tmp_path / "limits.toml"
    config.write_text(text)
    with pytest.raises(UsageError, match=r"limits\.toml"):
        RuleSettings.load(config)


def test_a_duration_is_written_in_its_largest_whole_unit():
    written = {0: "0s", 45: "45s", 90: "90s", 120: "2m", 7200: "2h", 604800: "7d"}
    assert {seconds: duration(seconds) for seconds in written} == written
