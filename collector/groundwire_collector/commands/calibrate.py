"""`groundwire calibrate`: labels of an application to a calibration of p_unsupported."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import read_records
from groundwire_collector.offline.answers import answered_turn
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels as store
from groundwire_collector.storage import turns
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.calibration import FittedShift, fit_shift
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn

LabelledTurn = tuple[Turn, bool]  # and whether a part of its answer is unsupported
BAD = (Verdict.UNSUPPORTED.value, Verdict.CONTRADICTED.value)


def calibrate(
    file: Annotated[
        Path | None,
        typer.Argument(help="Labelled answers (`unsupported`: 0 or 1). [stored labels]"),
    ] = None,
    service: Annotated[str | None, typer.Option(help="Service whose labels count.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for `score --calibration`.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Fit the shift that turns p_unsupported into a probability, from 30 labels.

    Labels are of a file, or those stored of one service (of answers as a whole and of claims; an
    answer with an unsupported or contradicted claim is unsupported). One JSON object goes to
    standard output: the shift, its standard error, the number of labels, and the calibration error
    before and after, the latter cross-fitted. Labels must be of turns drawn as they come: labels of
    the worst turns alone make every answer look bad.
    """
    if (file is None) is (service is None):
        raise UsageError("give a FILE of labelled answers, or --service NAME for stored labels")
    if file is not None:
        labelled = _of_file(file)
    else:
        settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
        labelled = _stored(settings, service)
    fitted = _fitted(labelled)
    if out is not None:
        out.write_text(fitted.calibration.dump() + "\n", encoding="utf-8")
    typer.echo(json.dumps(_json(fitted), allow_nan=False))


def _of_file(path: Path) -> list[LabelledTurn]:
    found = []
    for number, record in enumerate(read_records(path), start=1):
        label = record.get("unsupported")
        if label not in (0, 1):
            raise UsageError(f"{path}, record {number}: unsupported must be 0 or 1")
        found.append((answered_turn(record, number), bool(label)))
    return found


def _stored(settings: Settings, service: str | None) -> list[LabelledTurn]:
    """Labelled turns of a service, with their labels."""
    with database(settings) as engine, engine.connect() as connection:
        known = store.current(store.find(connection, LabelQuery(service=service)))
        verdicts = dict(_answers_labelled(known))
        stored = {turn_id: turns.get(connection, turn_id) for turn_id in verdicts}
    return [(found.turn, verdicts[name]) for name, found in stored.items() if found is not None]


def _answers_labelled(labels: Sequence[Label]) -> Iterator[tuple[str, bool]]:
    """Each turn with a label of the whole answer, and each with an unsupported claim."""
    by_turn: dict[str, list[Label]] = {}
    for label in labels:
        if label.verdict is not None and label.chunk_id is None:
            by_turn.setdefault(label.turn_id, []).append(label)
    for turn_id, found in by_turn.items():
        bad = any(label.verdict in BAD for label in found)
        whole = any(
            label.start is None and label.verdict == Verdict.SUPPORTED.value for label in found
        )
        if bad or whole:
            yield turn_id, bad


def _fitted(labelled: Sequence[LabelledTurn]) -> FittedShift:
    judge = Grounding()
    scores: list[float] = []
    labels: list[bool] = []
    for turn, unsupported in labelled:
        [evaluation] = evaluate(judge, [turn])
        if evaluation.state is State.SCORED:
            scores.append(evaluation.signals["p_unsupported"])
            labels.append(unsupported)
    try:
        return fit_shift(scores, labels)
    except ValueError as error:
        raise UsageError(f"{error}, of answers that are scored") from error


def _json(fitted: FittedShift) -> dict[str, object]:
    calibration = fitted.calibration
    return {
        "slope": calibration.slope,
        "shift": calibration.shift,
        "standard_error": fitted.standard_error,
        "labels": fitted.labels,
        "calibration_error": {"before": fitted.before, "after": fitted.after},
    }
