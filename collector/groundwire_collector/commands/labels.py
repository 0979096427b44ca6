"""`groundwire labels`: export and import of human labels."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import time_ns
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.estimates.labels import LabelSubmission
from groundwire_collector.jsonl import (
    Record,
    read_records,
    record_sink,
    tracked,
    write_record,
)
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels as store
from groundwire_collector.storage import turns
from groundwire_collector.storage.archiving import TurnArchive, open_archive
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_evaluators.turn import Turn

labels = typer.Typer(no_args_is_help=True, help="Export and import human labels.")


SHOWN = 20  # errors
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = {
    "turn_id": str,
    "verdict": str,
    "chunk_id": str,
    "relevant": bool,
    "reference": str,
    "sampling_probability": float,
    "labeller": str,
    "labelled_at": str,
}


@labels.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="JSON Lines file; .gz is decompressed.")],
    labeller: Annotated[str | None, typer.Option(help="Labeller of lines that name none.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import valid lines even if others are invalid.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Import labels of stored turns. All or none, unless --skip-bad.

    A line, as `export` writes it and `POST /api/v1/labels` takes it:

    {"turn_id": "5b8e…-9d2c…", "verdict": "unsupported"}

    {"turn_id": "5b8e…-9d2c…", "claim": {"start": 0, "end": 31}, "verdict": "supported"}

    {"turn_id": "5b8e…-9d2c…", "chunk_id": "faq-12", "relevant": true}

    {"turn_id": "5b8e…-9d2c…", "reference": "The answer that would have been right."}

    and in each, where it is known, "labeller", "labelled_at" (RFC 3339), and "sampling_probability"
    (only where you drew the turn at random yourself). Verdicts: supported, contradicted,
    unsupported, not_a_claim, undecided. What is stored already is not stored twice, so a file may
    be imported again. Exit code 0: all lines are in, 1: a line was bad.
    """
    records = read_records(file)
    errors: list[str] = []
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.begin() as connection:
        good: list[Label] = []
        for number, record in enumerate(tracked(records, "checking"), start=1):
            try:
                good += _labels(connection, record, labeller)
            except UsageError as error:
                errors.append(f"record {number}: {error}")
        if errors and not skip_bad:
            good = []
        new = store.add_missing(connection, good)
    for message in errors[:SHOWN]:
        typer.echo(message, err=True)
    if len(errors) > SHOWN:
        typer.echo(f"… and {len(errors) - SHOWN} more", err=True)
    typer.echo(f"imported: {new} labels, {len(good) - new} already existed")
    if errors:
        raise typer.Exit(1)


@labels.command("export")
def give_out(
    out: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Output file. [standard output]")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only labels of this service.")] = None,
    history: Annotated[bool, typer.Option("--history", help="Include superseded labels.")] = False,
    with_text: Annotated[
        bool,
        typer.Option(
            "--with-text", help="Include question, contexts and answer: a self-contained file."
        ),
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Export labels as JSON lines, oldest first; `import` reads them back.

    Labels are deleted with their turns (`retention_days`), so export what should outlive them:
    --with-text makes a labelled set that `groundwire score` takes. Where `archive_url` is set, the
    archived ones are exported too.
    """
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.connect() as connection:
        archive = open_archive(engine, settings)
        stored = store.find(connection, LabelQuery(service=service))
        archived = archive.find_labels(service) if archive else []
        found = list({label.id: label for label in (*archived, *stored)}.values())
        if not history:
            found = store.current(found)
        found = sorted(found, key=lambda label: label.id)
        records = [_record(label) for label in found]
        with record_sink(out) as sink:
            for record in tracked(records, "exporting"):
                texts = _texts(connection, archive, record["turn_id"]) if with_text else {}
                write_record(sink, record | texts)


def _labels(connection: Connection, record: Record, labeller: str | None) -> list[Label]:
    _check_fields(record)
    who = record.get("labeller") or labeller
    if not who:
        raise UsageError('missing labeller: "labeller" in the line, or --labeller NAME')
    found = turns.get(connection, record["turn_id"])
    if found is None:
        raise UsageError(f"there is no turn {record['turn_id']}")
    start, end = _claim(record.get("claim"))
    submission = LabelSubmission(
        turn_id=found.turn.id,
        start=start,
        end=end,
        probability=record.get("sampling_probability"),
        **{name: record.get(name) for name in ("verdict", "chunk_id", "relevant", "reference")},
    )
    return submission.labels(found.turn, who, _moment(record.get("labelled_at")))


def _check_fields(record: Record) -> None:
    if not isinstance(record.get("turn_id"), str):
        raise UsageError("turn_id must be a string")
    for name, kind in _FIELDS.items():
        value = record.get(name)
        wanted = (int, float) if kind is float else kind
        if value is not None and (
            not isinstance(value, wanted) or (kind is float and isinstance(value, bool))
        ):
            raise UsageError(f"{name} must be a {_KINDS[kind]}, not {value!r:.40}")


_KINDS: Mapping[type, str] = {str: "text", bool: "boolean", float: "number"}


def _claim(value: Any) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    if isinstance(value, dict):
        start, end = value.get("start"), value.get("end")
        if type(start) is int and type(end) is int:
            return start, end
    raise UsageError('claim must be {"start": number, "end": number}')


def _moment(text: str | None) -> int:
    if text is None:
        return time_ns()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"labelled_at: {text!r:.40} is not an RFC 3339 time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def _record(label: Label) -> Record:
    moment = EPOCH + timedelta(microseconds=label.labelled_ns // 1000)
    claim = None if label.start is None else {"start": label.start, "end": label.end}
    fields = {
        "turn_id": label.turn_id,
        "labeller": label.labeller,
        "labelled_at": moment.isoformat().replace("+00:00", "Z"),
        "claim": claim,
        "verdict": label.verdict,
        "chunk_id": label.chunk_id,
        "relevant": label.relevant,
        "reference": label.reference,
        "sampling_probability": label.probability,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _texts(connection: Connection, archive: TurnArchive | None, turn_id: str) -> Record:
    found = turns.get(connection, turn_id) or (archive.find_turn(turn_id) if archive else None)
    return dict(_text_fields(found.turn)) if found else {}


def _text_fields(turn: Turn) -> Iterator[tuple[str, Any]]:
    yield "id", turn.id
    yield "question", turn.question
    yield "contexts", [chunk.text for chunk in turn.chunks]
    yield "answer", turn.answer
