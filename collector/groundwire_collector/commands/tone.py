"""`groundwire tone`: the style of reference answers, for the behaviour evaluator."""

import json
from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import read_records
from groundwire_collector.offline.tone_reference import answers_in, tone_references
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import TurnQuery

MOST_TURNS = 5000  # newest of a version


def tone(
    out: Annotated[Path, typer.Argument(help="File of the reference, to name in the TOML file.")],
    answers: Annotated[
        Path | None, typer.Option(help="JSON Lines of reference answers, such as a training file.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Service of stored turns.")] = None,
    model_version: Annotated[str | None, typer.Option(help="Version of stored turns.")] = None,
    background: Annotated[
        Path | None, typer.Option(help="JSON Lines of answers of others, in any other style.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Write a tone reference: the style that answers are compared with.

    From a file (`answer`, `completion`, `output`, or `messages`) or from the newest stored turns of
    a model version. At least 30 answers of ten words in one language. English has a background of
    usual answers; another language needs `--background`. One JSON object goes to standard output:
    the languages, with the number of answers.
    """
    if (answers is None) is (service is None):
        raise UsageError("give --answers FILE, or --service NAME with --model-version VERSION")
    if answers is not None:
        texts = _of_file(answers)
    else:
        settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
        texts = _stored(settings, service, model_version)
    made = tone_references(texts, _of_file(background) if background else [])
    document = {"languages": {name: each.to_json() for name, each in sorted(made.items())}}
    try:
        out.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error}") from error
    typer.echo(json.dumps({name: each.answers for name, each in sorted(made.items())}))


def _of_file(path: Path) -> list[str]:
    return [answer for record in read_records(path) for answer in answers_in(record)]


def _stored(settings: Settings, service: str | None, model_version: str | None) -> list[str]:
    """Answers of the newest production turns of a version."""
    query = TurnQuery(service=service, model_version=model_version, limit=MOST_TURNS)
    with database(settings) as engine, engine.connect() as connection:
        found = [item.turn for item in turns.find(connection, query)]
    return [turn.answer for turn in found if turn.answer and not (turn.closed_book or turn.probe)]
