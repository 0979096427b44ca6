"""`groundwire doctor`: what arrives, what is missing in it, and what to set."""

from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.assembly.diagnosis import Diagnosis, Instrumentation, diagnose
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import open_engine
from groundwire_collector.storage.recent import recent_traces
from groundwire_collector.storage.spans import spans_of


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the database.")] = None,
    database_url: Annotated[str | None, typer.Option(help="PostgreSQL instead.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    service: Annotated[str | None, typer.Option(help="Only traces of this service.")] = None,
    traces: Annotated[int, typer.Option(min=1, max=10_000, help="How many to look at.")] = 200,
) -> None:
    """Say, of the last traces, what each instrumentation sends and what is missing.

    Reads the database and writes nothing, neither there nor over the network.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    diagnosis = diagnose_stored(settings, traces, service)
    if not diagnosis.traces:
        raise UsageError("no traces yet: point OTEL_EXPORTER_OTLP_ENDPOINT at the receiver")
    for line in report(diagnosis):
        typer.echo(line)


def diagnose_stored(settings: Settings, limit: int, service: str | None = None) -> Diagnosis:
    """A diagnosis of the last `limit` traces of the database."""
    if settings.database_url is None and not settings.sqlite_path.exists():
        raise UsageError(f"no database in {settings.data_dir}: start `groundwire up` there first")
    engine = open_engine(settings)
    try:
        with engine.connect() as connection:
            ids = recent_traces(connection, limit, service)
            return diagnose(spans_of(connection, [trace_id])[trace_id] for trace_id in ids)
    finally:
        engine.dispose()


def report(diagnosis: Diagnosis) -> list[str]:
    """The diagnosis in lines for people."""
    lines = [
        f"{diagnosis.traces} traces, {diagnosis.turns} turns, "
        f"{diagnosis.judged} of them can be judged"
    ]
    lines += [f"  {count} cannot: {reason}" for reason, count in _most(diagnosis.reasons)]
    lines += [f"  {count} with chunks from: {rung}" for rung, count in _most(diagnosis.rungs)]
    for instrumentation in diagnosis.instrumentations:
        lines += ["", *_of(instrumentation)]
    return lines


def _of(found: Instrumentation) -> list[str]:
    title = found.family.title if found.family else "no table knows it"
    name = f"{found.scope or '(no scope)'} {found.version}".rstrip()
    lines = [f"{name} ({title}): {found.spans} spans"]
    for fact, coverage in found.facts.items():
        lines.append(f"  {fact:18} {coverage.found} of {coverage.asked}")
    lines += [f"  missing {fact}: {advice}" for fact, advice in found.missing.items()]
    return lines


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
