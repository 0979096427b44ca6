"""`groundwire drift simulate`: detectable effects and delays for given traffic."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.drift.simulation import DelayQuantiles, SimulatedTraffic, delays
from groundwire_collector.errors import UsageError
from groundwire_evaluators.drift.budget import AlarmBudget
from groundwire_evaluators.drift.sufficiency import Sufficiency

EFFECTS = "0.02,0.03,0.05,0.1,0.2"


def simulate(
    turns_a_day: Annotated[float, typer.Option(help="Scored turns per day of the service.")] = 2000,
    level: Annotated[float, typer.Option(help="Mean loss (1 - score) in normal operation.")] = 0.05,
    spread: Annotated[
        float,
        typer.Option(help="Variance relative to that of binary losses (1 for binary losses)."),
    ] = 1.0,
    baseline_turns: Annotated[int, typer.Option(help="Turns in the pinned baseline.")] = 500,
    alarm_budget: Annotated[str, typer.Option(help="Budget of false alarms.")] = "1 per 30d",
    min_effect: Annotated[
        float, typer.Option(help="Smallest relevant growth of the mean loss.")
    ] = 0.03,
    deploy_share: Annotated[
        float, typer.Option(help="Share of the budget reserved for deployments.")
    ] = 0.5,
    services: Annotated[int, typer.Option(help="Services that share the budget.")] = 1,
    effects: Annotated[
        str, typer.Option(help="Growths of the mean loss to simulate, comma-separated.")
    ] = EFFECTS,
    runs: Annotated[int, typer.Option(help="Simulated histories per growth.")] = 60,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate changes of several sizes and print the detection delay.

    Twice: a change at any time, and one at a deployment (the second of its month). Turns are taken
    to be independent; what bursts and seasons cost stands in docs/reference/detectors.md.
    """
    traffic = SimulatedTraffic(
        turns_a_day=_positive(turns_a_day, "--turns-a-day"),
        level=_share(level, "--level"),
        spread=_share(spread, "--spread", most=1.0),
        baseline_turns=int(_positive(baseline_turns, "--baseline-turns")),
        budget=_budget(alarm_budget),
        min_effect=_share(min_effect, "--min-effect"),
        deploy_share=deploy_share,
        services=int(_positive(services, "--services")),
    )
    sizes = _sizes(effects, level)
    console = Console(stderr=True)
    jobs = [(size, deployed) for size in sizes for deployed in (False, True)]
    found = {
        job: delays(traffic, *job, runs=runs, seed=seed)
        for job in track(
            jobs, "simulating", console=console, disable=not console.is_terminal, transient=True
        )
    }
    if wants_json(as_json):
        print_json(_record(traffic, found))
        return
    for line in _table(traffic, sizes, found):
        typer.echo(line)


def _record(
    traffic: SimulatedTraffic, found: dict[tuple[float, bool], DelayQuantiles]
) -> dict[str, Any]:
    """The simulated delays for programs, in turns; null beyond `longest`."""
    delays = [
        {"growth": size, "at_deployment": deployed} | asdict(quantiles)
        for (size, deployed), quantiles in found.items()
    ]
    return {"traffic": asdict(traffic) | {"budget": str(traffic.budget)}, "delays": delays}


def _table(
    traffic: SimulatedTraffic, sizes: list[float], found: dict[tuple[float, bool], DelayQuantiles]
) -> list[str]:
    sufficiency = Sufficiency.of(traffic.typical_baseline(), traffic.min_effect, traffic.mass)
    lines = [
        f"{traffic.turns_a_day:g} turns a day, mean loss {traffic.level:g}, a budget of "
        f"{traffic.budget}, {traffic.services} service(s)",
        str(sufficiency),
        "",
        f"{'':8}{'change at any time':>42}{'change at a deployment':>42}",
        f"{'growth':8}" + f"{'found':>8}{'turns (10 % to 90 %)':>22}{'hours':>12}" * 2,
    ]
    for size in sizes:
        cells = "".join(_cells(found[size, deployed], traffic) for deployed in (False, True))
        lines.append(f"{size:<8g}{cells}")
    return lines


def _cells(each: DelayQuantiles, traffic: SimulatedTraffic) -> str:
    if each.median is None:
        return f"{each.found:8.0%}{'later than ' + str(each.longest):>22}{'':12}"
    turns = f"{each.median:.0f} ({_number(each.low)} to {_number(each.high)})"
    return f"{each.found:8.0%}{turns:>22}{each.median / traffic.turns_a_day * 24:12.1f}"


def _number(turns: float | None) -> str:
    return "later" if turns is None else f"{turns:.0f}"


def _sizes(text: str, level: float) -> list[float]:
    try:
        sizes = [float(each) for each in text.split(",")]
    except ValueError as error:
        raise UsageError(f"--effects: {text!r} are not comma-separated numbers") from error
    if not all(0 < size <= 1 - level for size in sizes):
        raise UsageError("--effects: increases must be positive, and the mean loss at most 1")
    return sizes


def _budget(text: str) -> AlarmBudget:
    try:
        return AlarmBudget.parse(text)
    except ValueError as error:
        raise UsageError(f"--alarm-budget: {error}") from error


def _positive(value: float, option: str) -> float:
    if not value >= 1:
        raise UsageError(f"{option}: {value} is below 1")
    return value


def _share(value: float, option: str, most: float = 0.999) -> float:
    if not 0 < value <= most:
        raise UsageError(f"{option}: {value} is not between 0 and {most:g}")
    return value
