"""`groundwire compare`: two versions in production, side by side."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from groundwire_collector.commands import moments
from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.offline.version_comparison import MOST, VersionPair
from groundwire_collector.settings import Settings
from groundwire_collector.web.api.compare import CompareOut, MeasureOut, compare_pair

When = Annotated[str | None, typer.Option(metavar=moments.METAVAR, help=moments.HELP)]


class ComparedDimension(StrEnum):
    """Dimensions whose values can be compared."""

    MODEL = "model_version"
    PROMPT = "prompt_version"
    INDEX = "index_version"
    ADAPTER = "adapter"
    RELEASE = "release"
    TENANT = "tenant"


def compare(
    baseline: Annotated[str, typer.Argument(help="Version to compare with.")],
    candidate: Annotated[str, typer.Argument(help="Version that is judged.")],
    service: Annotated[str, typer.Option(help="Service whose turns are compared.")],
    dimension: Annotated[
        ComparedDimension, typer.Option(help="What the two are versions of.")
    ] = ComparedDimension.MODEL,
    since: When = None,
    until: When = None,
    limit: Annotated[int, typer.Option(min=30, max=20_000, help="Turns of each side.")] = MOST,
    margins_file: Annotated[
        Path | None, typer.Option(help="Margins (TOML), over the shipped ones.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions in production, over one period and within shared strata.

    By default since seven days ago. Where both ran at the same time (a canary deployment, an A/B
    test) only that time counts. Turns are compared within strata of route, tenant, other versions,
    topic and time that both versions have, so that another mix of questions is no difference.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    if margins_file is not None:
        settings = settings.model_copy(update={"margins": margins_file})
    pair = VersionPair(
        service=service,
        baseline=baseline,
        candidate=candidate,
        dimension=dimension.value,
        since_ns=moments.moment_ns(since, "--since"),
        until_ns=moments.moment_ns(until, "--until"),
        most=limit,
    )
    with database(settings) as engine, engine.connect() as connection:
        found = compare_pair(connection, pair, settings)
    if wants_json(as_json):
        print_json(found.model_dump(mode="json"))
    else:
        _print(found)


def _print(found: CompareOut) -> None:
    table = Table("measure", found.baseline, found.candidate, "change", "95 % interval", "outcome")
    for measure in found.measures:
        table.add_row(*_cells(measure))
    console = Console()
    console.print(table)
    for line in _notes(found):
        console.print(line, highlight=False)


def _cells(measure: MeasureOut) -> tuple[str, ...]:
    interval = measure.interval
    percent = measure.relative
    return (
        measure.measure,
        _number(measure.baseline),
        _number(measure.candidate),
        _number(measure.change, percent=percent, signed=True),
        ""
        if interval is None
        else " to ".join(_number(end, percent=percent, signed=True) for end in interval),
        measure.outcome + (f" ({measure.reason})" if measure.reason else ""),
    )


def _number(value: float | None, *, percent: bool = False, signed: bool = False) -> str:
    if value is None:
        return ""
    sign = "+" if signed else ""
    return f"{value:{sign}.1%}" if percent else f"{value:{sign}.3g}"


def _notes(found: CompareOut) -> list[str]:
    turns = (
        f"{found.turns.baseline:.0f} turns of {found.baseline}, {found.turns.candidate:.0f} of "
        f"{found.candidate}, {found.since:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M} UTC"
    )
    notes = [f"outcome: {found.outcome}", turns]
    if not found.concurrent:
        notes.append("They did not run at the same time: a change of the world would look alike.")
    if found.strata:
        shares = f"{found.shared.baseline:.0%} and {found.shared.candidate:.0%} of the turns"
        notes.append(f"strata: {', '.join(found.strata)}; shared by {shares}")
    if found.confounded:
        notes.append(f"changed together with it: {', '.join(found.confounded)}")
    return notes
