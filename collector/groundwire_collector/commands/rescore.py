"""`groundwire rescore`: judge turns again, compare with the scores before."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import time_ns
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Connection, Engine

from groundwire_collector.commands import moments
from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.rebaseline import RevisionHistory
from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.engines import JudgingEngine, LocalEngine
from groundwire_collector.offline.rescoring import STORED_AT_ONCE, Rescoring, rescore_stored
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baseline_actions, drift, turns
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery

# By name: each needs packages of its own.
RAY = "groundwire_collector.evaluation.ray_engine:RayEngine"
ARCHIVE = "groundwire_collector.offline.archive_rescoring:rescore_archive"
LOCATION = "groundwire_collector.storage.archive.location:Location"

When = Annotated[str | None, typer.Option(metavar=moments.METAVAR, help=moments.HELP)]


class EngineName(StrEnum):
    """Where evaluators run: processes of this machine, or a Ray cluster."""

    LOCAL = "local"
    RAY = "ray"


def rescore(
    service: Annotated[str | None, typer.Option(help="Only turns of this service.")] = None,
    since: When = None,
    until: When = None,
    evaluator: Annotated[
        list[str] | None, typer.Option(help="Evaluator to run; repeatable. [all]")
    ] = None,
    baseline: Annotated[
        bool, typer.Option(help="Pin baselines for new evaluator revisions.")
    ] = True,
    again: Annotated[
        bool, typer.Option("--again", help="Also turns that the same revision judged.")
    ] = False,
    engine: Annotated[
        EngineName, typer.Option(help="Processes here, or a Ray cluster (extra [ray]).")
    ] = EngineName.LOCAL,
    workers: Annotated[int, typer.Option(min=1, help="Processes, or actors of Ray.")] = 1,
    ray_address: Annotated[
        str | None, typer.Option(help="Ray cluster: auto, or ray://HOST:10001. [this machine]")
    ] = None,
    gpus: Annotated[float, typer.Option(min=0, help="Share of a GPU for each actor.")] = 0.0,
    archive_url: Annotated[
        str | None, typer.Option(help="Also archived turns. [GROUNDWIRE_ARCHIVE_URL]")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored and archived turns with current evaluators; print how their scores differ.

    Stored scores are replaced, archived ones stay beside the new ones. Counters and histograms are
    left as they are. A run that was stopped goes on where it was. Where an evaluator's revision has
    no baseline yet, it gets one of the turns that the baseline of the revision before was made of,
    so that a new yardstick is no gap in watching and no drift. May run beside the collector, which
    carries this out with its next turns.
    """
    settings = Settings.load(
        config, data_dir=data_dir, database_url=database_url, archive_url=archive_url
    )
    _check_names(settings, evaluator)
    query = TurnQuery(
        service=service,
        since_ns=moments.moment_ns(since, "--since"),
        until_ns=moments.moment_ns(until, "--until"),
        limit=STORED_AT_ONCE,
    )
    history = RevisionHistory()
    with (
        database(settings) as stored,
        _judging(settings, engine, workers, evaluator, ray_address, gpus) as judging,
        _progress(stored, query) as advance,
    ):
        run = Rescoring(judging, advance, again=again)
        for item in _sources(settings, stored, run, query):
            history.note(MonitoredTurn.of(item, ()))
        made = _renew(stored, history) if baseline else []
    _print(run, made, as_json=as_json)


def _sources(
    settings: Settings, stored: Engine, run: Rescoring, query: TurnQuery
) -> Iterator[JudgedTurn]:
    yield from rescore_stored(stored, run, query)
    if settings.archive_url:
        try:
            location = pkgutil.resolve_name(LOCATION).of(settings.archive_url)
            archived = pkgutil.resolve_name(ARCHIVE)
        except ImportError as error:
            raise UsageError(
                f"{error.name} is missing: pip install 'groundwire[archive]'"
            ) from error
        yield from archived(stored, location, run, query.service, query.since_ns, query.until_ns)


@contextmanager
def _judging(
    settings: Settings,
    engine: EngineName,
    workers: int,
    names: list[str] | None,
    address: str | None,
    gpus: float,
) -> Iterator[JudgingEngine]:
    judging: JudgingEngine
    if engine is EngineName.LOCAL:
        judging = LocalEngine(settings, workers, names)
    else:
        try:
            ray_engine = pkgutil.resolve_name(RAY)
        except ImportError as error:
            raise UsageError(f"{error.name} is missing: pip install 'groundwire[ray]'") from error
        judging = ray_engine(settings, workers, names, address, gpus)
    try:
        yield judging
    finally:
        judging.close()


@contextmanager
def _progress(stored: Engine, query: TurnQuery) -> Iterator[Any]:
    with stored.connect() as connection:
        total = turns.count(connection, query)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("judging", total=total)
        yield lambda number: progress.update(task, advance=number)


def _print(run: Rescoring, made: list[str], *, as_json: bool) -> None:
    records = run.comparison.records()
    if wants_json(as_json):
        print_json({"judged_again": run.judged, "comparison": records, "baselines": made})
        return
    typer.echo(f"evaluated again: {run.judged} turns")
    table = Table("evaluator", "revisions", "turns", "mean", "flagged", "changed")
    for each in records:
        table.add_row(
            str(each["evaluator"]),
            f"{each['old_revision']} → {each['new_revision']}",
            str(each["turns"]),
            f"{each['old_mean']:.3f} → {each['new_mean']:.3f}",
            f"{each['old_flagged']:.1%} → {each['new_flagged']:.1%}",
            f"{each['changed_flags']:.1%}",
        )
    if records:
        Console().print(table)
    for line in made:
        typer.echo(line)


def _check_names(settings: Settings, names: list[str] | None) -> None:
    if names and not set(names) & set(settings.evaluator_names):
        raise UsageError(f"--evaluator: none of {', '.join(names)} is enabled")


def _renew(engine: Engine, history: RevisionHistory) -> list[str]:
    with engine.begin() as connection:
        return [
            _record(connection, act) for act in history.acts(drift.baselines(connection), time_ns())
        ]


def _record(connection: Connection, act: baseline_actions.BaselineAction) -> str:
    baseline_actions.record(connection, act)
    return f"baseline of {act.signal} of {act.service}, revision {act.revision}: to be made anew"
