"""What the burn rates cost is simulated: by the same windows, and with the right leanings."""

import json

import pytest
import typer
from typer.testing import CliRunner

from groundwire_collector.alerting.rules.burn_rate_simulation import (
    TrafficAssumptions,
    delays,
    prices,
)
from groundwire_collector.alerting.rules.settings import RuleSettings, Severity
from groundwire_collector.alerting.rules.slo_targets import SloTarget, SloTargets
from groundwire_collector.commands.rules import rules

LIMITS = RuleSettings.load(None)
BUSY = TrafficAssumptions(turns_per_hour=600, level=0.05)


def alarms(limits: RuleSettings, traffic: TrafficAssumptions) -> dict[Severity, float]:
    return {price.severity: price.alarms for price in prices(limits, traffic, runs=10)}


def test_the_shipped_rules_are_silent_while_nothing_changes():
    assert alarms(LIMITS, BUSY) == {Severity.PAGE: 0, Severity.TICKET: 0}


def test_without_their_guards_they_would_not_be():
    careless = LIMITS.model_copy(update={"min_turns": 1, "noise_factor": 0.0})
    few = TrafficAssumptions(turns_per_hour=2, level=0.05)
    assert alarms(careless, few)[Severity.PAGE] > 1
    assert alarms(LIMITS, few) == {Severity.PAGE: 0, Severity.TICKET: 0}


def test_turns_that_share_their_fate_and_small_baselines_cost_alarms():
    guardless = LIMITS.model_copy(update={"noise_factor": 0.0})
    alone = alarms(guardless, BUSY)[Severity.TICKET]
    together = TrafficAssumptions(turns_per_hour=600, level=0.05, session_turns=20)
    unsure = TrafficAssumptions(turns_per_hour=600, level=0.05, baseline_turns=20)
    assert alarms(guardless, together)[Severity.TICKET] > alone
    assert alarms(guardless, unsure)[Severity.TICKET] > alone


def test_a_target_below_the_level_burns_for_ever():
    tight = LIMITS.model_copy(update={"targets": SloTargets(default=SloTarget(flagged=0.01))})
    [ticket] = [p for p in prices(tight, BUSY, runs=10) if p.severity is Severity.TICKET]
    assert ticket.share == 1


def test_the_larger_the_growth_the_sooner_it_is_detected():
    found = delays(LIMITS, BUSY, (0.2, 0.5, 0.9), runs=10)
    waits = [each.median for each in found if each.severity is Severity.PAGE]
    assert None not in waits
    assert waits == sorted(waits, reverse=True)
    # From 5 to 95 %: 53 % of an hour are bad after about half of it, and two minutes it must last.
    assert waits[-1] == pytest.approx(0.5 + 2 / 60, abs=0.1)


def test_the_command_prints_both_and_wants_to_know_which():
    runner = CliRunner()
    command = typer.Typer()
    command.command()(rules)
    message = runner.invoke(command, ["--simulate", "--runs", "10"])
    assert message.exit_code == 0, message.output
    found = json.loads(message.stdout)
    assert found["periods"] == 10
    assert {each["severity"] for each in found["false_alarms"]} == {"page", "ticket"}
    assert 0.5 in {each["growth"] for each in found["delays"]}
    assert runner.invoke(command, []).exit_code != 0
