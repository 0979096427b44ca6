"""`groundwire doctor`: coverage of received telemetry, missing facts, advice."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.assembly.diagnosis import (
    Diagnosis,
    Instrumentation,
    as_record,
    diagnose,
)
from groundwire_collector.assembly.suggestion import suggest
from groundwire_collector.commands.alarm_channels import channel_states, print_test
from groundwire_collector.commands.database import database
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import failed_traces
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.spans import recent_traces, spans_of
from groundwire_evaluators.turn import Route

MOST_UNREAD = 12  # attributes named
MOST_FAILED = 20  # traces that were passed over
RUNG_WORDS = {
    "prompt_variable": "the `context` variable of the prompt",
    "prompt": "the prompt as one text, for the retriever sent none",
    "function_output": "what a traced function returned",
    "tool_result": "the results of tools",
}


def doctor(
    data_dir: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    database_url: Annotated[str | None, typer.Option(help="PostgreSQL URL.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
    service: Annotated[str | None, typer.Option(help="Only traces of this service.")] = None,
    traces: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of recent traces to inspect.")
    ] = 200,
    suggestion: Annotated[
        bool,
        typer.Option("--suggest", help="Print a table for attributes that no table reads."),
    ] = False,
    test_channels: Annotated[
        bool,
        typer.Option("--send-test", help="Send a test to each alarm channel, and its end."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what each instrumentation sends in recent traces, and what is missing.

    Reads the database and writes nothing, neither there nor, without --send-test, over the network.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    if test_channels:
        print_test(settings)
        return
    if suggestion:
        typer.echo(suggested(settings, traces, service), nl=False)
        return
    diagnosis = diagnose_stored(settings, traces, service)
    if not diagnosis.traces:
        raise UsageError("no traces yet: point OTEL_EXPORTER_OTLP_ENDPOINT at the receiver")
    failed, alarming = failed_stored(settings), channel_states(settings)
    if wants_json(as_json):
        further = {
            "passed_over": [asdict(each) for each in failed],
            "alarm_channels": [asdict(each) for each in alarming],
        }
        print_json(as_record(diagnosis) | further)
        return
    channel_lines = [each.line() for each in alarming]
    for line in (*report(diagnosis), *_of_failed(failed), *channel_lines):
        typer.echo(line)


def suggested(settings: Settings, limit: int, service: str | None = None) -> str:
    """Proposed table for the last traces. Raises UsageError if there are none."""
    with database(settings, migrate=False) as engine, engine.connect() as connection:
        ids = recent_traces(connection, limit, service)
        found = suggest(spans_of(connection, [trace_id])[trace_id] for trace_id in ids)
    if found is None:
        raise UsageError("nothing to suggest: no trace without a table contains an answer")
    return found


def diagnose_stored(settings: Settings, limit: int, service: str | None = None) -> Diagnosis:
    """A diagnosis of the last `limit` traces of the database."""
    with database(settings, migrate=False) as engine, engine.connect() as connection:
        ids = recent_traces(connection, limit, service)
        return diagnose(spans_of(connection, [trace_id])[trace_id] for trace_id in ids)


def failed_stored(settings: Settings, limit: int = MOST_FAILED) -> list[FailedTrace]:
    """The traces that were passed over last, of any service."""
    with database(settings, migrate=False) as engine, engine.connect() as connection:
        return failed_traces.newest(connection, limit)


def _of_failed(failed: Sequence[FailedTrace]) -> list[str]:
    if not failed:
        return []
    lines = [f"  {each.trace_id}: {each.reason}" for each in failed]
    return ["", "passed over, the newest:", *lines]


def report(diagnosis: Diagnosis) -> list[str]:
    """The diagnosis in lines for people."""
    lines = [
        f"{diagnosis.traces} traces, {diagnosis.turns} turns, "
        f"{diagnosis.judged} of them can be judged"
    ]
    lines += [f"  {count} cannot: {reason}" for reason, count in _most(diagnosis.reasons)]
    lines += [f"  {count} traces gave no turn: {why}" for why, count in _most(diagnosis.silent)]
    if diagnosis.unread:
        unread = ", ".join(key for key, _ in _most(diagnosis.unread)[:MOST_UNREAD])
        lines.append(f"    read by no table: {unread}")
    lines += [f"  {count} {_from(rung)}" for rung, count in _most(diagnosis.rungs)]
    for instrumentation in diagnosis.instrumentations:
        lines += ["", *_of(instrumentation)]
    return lines


def _from(rung: str) -> str:
    if rung in set(Route):
        return f"without chunks, answered by: {rung}"
    return f"with chunks from: {RUNG_WORDS.get(rung, rung)}"


def _of(found: Instrumentation) -> list[str]:
    title = found.family.title if found.family else "no table knows it"
    name = f"{found.scope or '(no scope)'} {found.version}".rstrip()
    lines = [f"{name} ({title}): {found.spans} spans"]
    whole = [fact for fact in found.facts if fact not in found.missing]
    if whole:
        lines.append(f"  sent: {', '.join(whole)}")
    for fact, advice in found.missing.items():
        coverage = found.facts[fact]
        lines.append(f"  missing {fact} ({coverage.found} of {coverage.expected}): {advice}")
    return lines


def _most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
