"""`groundwire rescore`: re-evaluate stored turns and compare with stored scores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from time import time_ns
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection, Engine

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.rebaseline import RevisionHistory
from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.registry import evaluators
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baseline_actions, drift, turns
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.evaluation import Evaluator

BATCH = 64  # turns judged and stored in one transaction: short, so that a worker waits little

When = Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339.")]


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
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Re-evaluate stored turns with current evaluators, replacing their scores.

    Counters and histograms are left as they are. Where an evaluator's revision has no baseline yet,
    it gets one of the turns that the baseline of the revision before was made of, so that a new
    yardstick is no gap in watching and no drift. May run beside the collector, which carries this
    out with its next turns.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    query = TurnQuery(
        service=service, since_ns=_ns(since, "--since"), until_ns=_ns(until, "--until"), limit=BATCH
    )
    chosen = [each for each in evaluators(settings) if not evaluator or each.name in evaluator]
    if not chosen:
        raise UsageError(f"--evaluator: none of {', '.join(evaluator or ())} is enabled")
    renewals = RevisionHistory()
    with database(settings) as engine:
        number = _rescore(engine, chosen, query, renewals)
        made = _renew(engine, renewals) if baseline else []
    typer.echo(f"evaluated again: {number} turns")
    for line in made:
        typer.echo(line)


def _rescore(
    engine: Engine, chosen: list[Evaluator], query: TurnQuery, renewals: RevisionHistory
) -> int:
    with engine.connect() as connection:
        total = turns.count(connection, query)
    console = Console(stderr=True)
    number = 0
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("judging", total=total)
        for batch in _batches(engine, query):
            judged = [
                _merged(old, new) for old, new in zip(batch, _judge(chosen, batch), strict=True)
            ]
            with engine.begin() as connection:
                turns.save(connection, judged)
            for item in judged:
                renewals.note(MonitoredTurn.of(item, ()))
            number += len(judged)
            progress.update(task, advance=len(judged))
    return number


def _batches(engine: Engine, query: TurnQuery) -> Iterator[list[JudgedTurn]]:
    """Page after page, newest first."""
    cursor = None
    while True:
        with engine.connect() as connection:
            found = turns.find(connection, replace(query, cursor=cursor))
        if found:
            yield found
        if len(found) < query.limit:
            return
        cursor = turns.cursor_of(found[-1])


def _judge(chosen: list[Evaluator], batch: list[JudgedTurn]) -> list[JudgedTurn]:
    return judge(chosen, [item.turn for item in batch])


def _merged(old: JudgedTurn, new: JudgedTurn) -> JudgedTurn:
    """The new judgements, and those of evaluators that did not judge now."""
    judging = {each.evaluator for each in new.evaluations}
    others = (each for each in old.evaluations if each.evaluator not in judging)
    return JudgedTurn(old.turn, (*new.evaluations, *others))


def _renew(engine: Engine, renewals: RevisionHistory) -> list[str]:
    with engine.begin() as connection:
        return [
            _record(connection, act)
            for act in renewals.acts(drift.baselines(connection), time_ns())
        ]


def _record(connection: Connection, act: baseline_actions.BaselineAction) -> str:
    baseline_actions.record(connection, act)
    return f"baseline of {act.signal} of {act.service}, revision {act.revision}: to be made anew"


def _ns(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        return nanoseconds(datetime.fromisoformat(text).astimezone())
    except ValueError as error:
        raise UsageError(f"{option}: {text!r} is not a time like 2026-11-21T12:00:00Z") from error
