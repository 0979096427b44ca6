"""`groundwire reader`: adaptation of the reader model to an application's labels."""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record, read_records
from groundwire_collector.offline.answers import answered_turn
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels as store
from groundwire_collector.storage import turns
from groundwire_collector.storage.labels import LabelQuery
from groundwire_collector.storage.turns import TurnQuery
from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding.reader_tuning import (
    LabelledClaim,
    Tuned,
    VerdictOnText,
    labelled_claims,
    tune,
)
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.reader import ReaderError, reader_named
from groundwire_evaluators.reader.onnx_reader import FILES, OnnxReader
from groundwire_evaluators.turn import Turn

reader = typer.Typer(
    no_args_is_help=True, help="Adapt the reader model of the grounding evaluator."
)

MOST_JUDGED = 5_000  # newest turns of a judge that are read
JudgedTurns = Iterator[tuple[Turn, Sequence[VerdictOnText]]]


@reader.callback()
def group() -> None:
    """Adapt the reader model of the grounding evaluator."""


@reader.command("tune")
def tune_reader(
    out: Annotated[Path, typer.Option(help="Folder of the tuned reader; must not exist.")],
    file: Annotated[
        Path | None, typer.Argument(help="JSON Lines file of labelled answers. [stored labels]")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Service whose labels count.")] = None,
    judge: Annotated[
        str | None, typer.Option(help="Use stored verdicts of this judge too, e.g. llm_judge.")
    ] = None,
    base: Annotated[
        str, typer.Option("--reader", help="Folder of the reader to tune. [the one in use]")
    ] = "",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Fit the reader to labels, on a CPU in seconds, for GROUNDWIRE_GROUNDING_READER.

    Labels are of a FILE (lines as `labels export --with-text` writes them, or answers with
    `unsupported` 0 or 1), or those stored of one service, with the verdicts of a judge where one is
    named. At least 60 claims, 10 of them unsupported. One JSON object goes to standard output: log
    loss and area under the curve of claims never fitted to (five folds by question), by words
    alone, with the reader as it was, and tuned. A person's labels on a turn outrank the judge.
    """
    if (file is None) is (service is None):
        raise UsageError("give a FILE of labelled answers, or --service NAME for stored labels")
    if out.exists():
        raise UsageError(f"--out: {out} exists")
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    model = _reader(base or settings.grounding_reader)
    if file is not None:
        found = list(_of_file(file))
    else:
        found = list(_stored(settings, str(service), judge))
    claims = [claim for turn, verdicts in found for claim in _labelled(turn, verdicts, model)]
    try:
        tuned = tune(model, claims)
    except ValueError as error:
        raise UsageError(f"{error}, in prose that the reader would be asked about") from error
    _write(model, tuned, out)
    typer.echo(json.dumps(tuned.report | {"weights": asdict(tuned.weights)}, allow_nan=False))


def _reader(name: str) -> OnnxReader:
    try:
        found = reader_named(name)
    except ReaderError as error:
        raise UsageError(str(error)) from error
    if not isinstance(found, OnnxReader):
        raise UsageError("there is no reader: pip install ./reader, or --reader FOLDER")
    return found


def _labelled(
    turn: Turn, verdicts: Sequence[VerdictOnText], model: OnnxReader
) -> list[LabelledClaim]:
    if not_judged(turn):
        return []
    return labelled_claims(turn, verdicts, model.card)


def _of_file(path: Path) -> JudgedTurns:
    """Answers of a file; lines on the same answer are taken together."""
    verdicts: dict[tuple[str, str], list[VerdictOnText]] = defaultdict(list)
    found: dict[tuple[str, str], Turn] = {}
    for number, record in enumerate(read_records(path), start=1):
        turn = answered_turn(record, number)
        key = (turn.question or "", turn.answer or "")
        found.setdefault(key, turn)
        verdicts[key] += _verdicts(record, f"{path}, record {number}")
    yield from ((turn, verdicts[key]) for key, turn in found.items())


def _verdicts(record: Record, where: str) -> Iterator[VerdictOnText]:
    for each in record.get("claims") or ():
        yield _verdict(each, each, where)
    if "verdict" in record:
        yield _verdict(record, record.get("claim") or {}, where)
    elif "unsupported" in record:
        if record["unsupported"] not in (0, 1):
            raise UsageError(f"{where}: unsupported must be 0 or 1")
        yield VerdictOnText(Verdict.UNSUPPORTED if record["unsupported"] else Verdict.SUPPORTED)


def _verdict(record: Mapping[str, Any], place: Mapping[str, Any], where: str) -> VerdictOnText:
    try:
        verdict = Verdict(record["verdict"])
        start, end = place.get("start"), place.get("end")
        if not isinstance(start, int | None) or not isinstance(end, int | None):
            raise ValueError("start and end of a claim must be numbers")
    except (KeyError, ValueError, AttributeError) as error:
        raise UsageError(f"{where}: {error}") from error
    return VerdictOnText(verdict, start, end)


def _stored(settings: Settings, service: str, judge: str | None) -> JudgedTurns:
    """Labelled turns of a service, and those that the judge has judged."""
    with database(settings) as engine, engine.connect() as connection:
        known = store.current(store.find(connection, LabelQuery(service=service)))
        people: dict[str, list[VerdictOnText]] = defaultdict(list)
        for label in known:
            if label.verdict in set(Verdict) and label.chunk_id is None:
                people[label.turn_id].append(
                    VerdictOnText(Verdict(label.verdict), label.start, label.end)
                )
        for turn_id, verdicts in people.items():
            one = turns.get(connection, turn_id)
            if one is not None:
                yield one.turn, verdicts
        if judge is None:
            return
        query = TurnQuery(service=service, limit=MOST_JUDGED)
        for judged in turns.find(connection, query):
            if judged.turn.id not in people:
                yield (
                    judged.turn,
                    [
                        VerdictOnText(claim.verdict, claim.start, claim.end)
                        for evaluation in judged.evaluations
                        if evaluation.evaluator == judge
                        for claim in evaluation.claims
                    ],
                )


def _write(model: OnnxReader, tuned: Tuned, out: Path) -> None:
    """The tuned reader's folder: the model and tokenizer as they are, card and adaptation new."""
    out.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(model.folder / name, out / name)
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    card |= {"weights": asdict(tuned.weights), "tuned": tuned.report}
    (out / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    if tuned.adaptation is not None:
        tuned.adaptation.save(out)
