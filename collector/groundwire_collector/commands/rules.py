"""`groundwire rules`: Prometheus rules for this deployment, and their false-alarm cost."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from groundwire_collector.alerting.rules.burn_rate_simulation import (
    AlertDelay,
    FalseAlarmEstimate,
    TrafficAssumptions,
    delays,
    prices,
)
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError

GROWTHS = (0.05, 0.1, 0.2, 0.5)


def rules(
    out: Annotated[Path | None, typer.Option(help="Output folder of the rule files.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of limits.")] = None,
    targets: Annotated[
        Path | None, typer.Option(help="YAML file of SLO targets (allowed flagged share).")
    ] = None,
    simulate: Annotated[
        bool, typer.Option(help="Print simulated false alarms and detection delay.")
    ] = False,
    turns_per_hour: Annotated[
        float, typer.Option(min=0.01, max=1e6, help="Scored turns per hour, for --simulate.")
    ] = 100.0,
    level: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Flagged share in normal operation.")
    ] = 0.05,
    session_turns: Annotated[int, typer.Option(min=1, help="Correlated turns per session.")] = 1,
    baseline_turns: Annotated[
        int, typer.Option(min=50, help="Same as the collector's setting.")
    ] = 500,
    runs: Annotated[
        int, typer.Option(min=10, max=10_000, help="Number of simulated periods.")
    ] = 100,
    as_json: AsJson = False,
) -> None:
    """Write the Prometheus rules, or simulate their false alarms."""
    limits = RuleSettings.load(config, targets)
    if out is None and not simulate:
        raise UsageError(
            "give --out FOLDER to write the rules, or --simulate to print their false alarms"
        )
    for path in write(limits, out) if out else ():
        typer.echo(path, err=simulate)
    if simulate:
        traffic = TrafficAssumptions(turns_per_hour, level, session_turns, baseline_turns)
        _print_simulation(
            prices(limits, traffic, runs=runs), delays(limits, traffic, GROWTHS), runs, as_json
        )


def _print_simulation(
    false_alarms: list[FalseAlarmEstimate], found: list[AlertDelay], runs: int, as_json: bool
) -> None:
    if wants_json(as_json):
        print_json(
            {
                "periods": runs,
                "false_alarms": [asdict(each) for each in false_alarms],
                "delays": [asdict(each) for each in found],
            }
        )
        return
    console = Console()
    console.print(_false_alarms(false_alarms, runs))
    console.print(_delays(found))


def _false_alarms(found: list[FalseAlarmEstimate], runs: int) -> Table:
    table = Table(title=f"False alarms in {runs} periods of 30 days without a change")
    table.box = box.SIMPLE_HEAD
    for heading in ("severity", "alarms in 30 days", "periods with any", "95 %"):
        table.add_column(heading)
    for price in found:
        low, high = price.interval
        share = f"{price.share:.0%}"
        table.add_row(price.severity, f"{price.alarms:.2f}", share, f"{low:.1%} to {high:.1%}")
    return table


def _delays(found: list[AlertDelay]) -> Table:
    table = Table(title="Delay until a lasting growth of the flagged share raises an alert")
    table.box = box.SIMPLE_HEAD
    for heading in ("severity", "grows by", "detected within 2 days", "median"):
        table.add_column(heading)
    for delay in found:
        median = "" if delay.median is None else f"{delay.median:.1f} h"
        table.add_row(delay.severity, f"{delay.growth:.0%}", f"{delay.detected:.0%}", median)
    return table
