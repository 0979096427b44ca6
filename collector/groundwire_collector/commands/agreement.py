"""`groundwire agreement`: agreement of evaluators with human labels."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.estimates.agreement import (
    EvaluatorAgreement,
    of_evaluators,
    of_labellers,
)
from groundwire_collector.estimates.faithfulness import FAITHFUL, UNFAITHFUL
from groundwire_collector.jsonl import Record, read_records, tracked
from groundwire_collector.judges.registry import close
from groundwire_collector.offline.answers import answered_turn, evaluator_of
from groundwire_collector.settings import Settings
from groundwire_collector.storage.estimates import EstimateFilter
from groundwire_collector.web.api.faithfulness import AgreementOut, LabellersOut
from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.statistics import agreement as agreement_of
from groundwire_evaluators.statistics import reliability

FEWEST = 2  # labelled answers


def agreement(
    file: Annotated[
        Path | None, typer.Argument(help="Labelled answers; default: the stored labels.")
    ] = None,
    evaluator: Annotated[
        str, typer.Option(help="With a file: evaluator or judge, by name or dotted path.")
    ] = "grounding",
    service: Annotated[str | None, typer.Option(help="Only stored labels of this service.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Print kappa, sensitivity, specificity and calibration against people as JSON.

    Positive is an answer that is not faithful. Of stored labels those of drawn turns are used, each
    for as many turns as it was drawn from. A line of a file: question, contexts, answer, and either
    "verdict" (as `groundwire labels export --with-text` writes it; lines about a claim or a chunk
    are passed over) or "unsupported": 0 or 1; they count alike.
    """
    if file is not None:
        report: Record = {"evaluators": [_json(_of_file(file, evaluator))]}
    else:
        settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
        with database(settings) as engine, engine.connect() as connection:
            part = EstimateFilter(service=service)
            report = {
                "evaluators": [
                    _json(found) for found in of_evaluators(connection, part, settings.label_rate)
                ],
                "labellers": [
                    LabellersOut.of(found).model_dump() for found in of_labellers(connection, part)
                ],
            }
    typer.echo(json.dumps(report, allow_nan=False))


def _json(found: EvaluatorAgreement) -> dict[str, Any]:
    return AgreementOut.of(found).model_dump()


def _of_file(file: Path, name: str) -> EvaluatorAgreement:
    with ExitStack() as after:
        judge = evaluator_of(name)
        after.callback(close, [judge])
        pairs = list(_judged(file, judge))
    if len(pairs) < FEWEST:
        raise UsageError(
            f"{file}: {len(pairs)} labelled answers with a verdict of {name} are too few"
        )
    decisions = [bool(evaluation.flagged) for evaluation, _ in pairs]
    truth = [bad for _, bad in pairs]
    doubts = [each.signals["p_unsupported"] for each, _ in pairs if "p_unsupported" in each.signals]
    return EvaluatorAgreement(
        evaluator=judge.name,
        revision=judge.revision,
        turns=len(pairs),
        agreement=agreement_of(decisions, truth),
        calibration=reliability(doubts, truth) if len(doubts) == len(truth) else None,
    )


def _judged(file: Path, judge: Evaluator) -> Iterator[tuple[Evaluation, bool]]:
    """Evaluator's decision, and whether people call the answer unfaithful."""
    for number, record in enumerate(tracked(read_records(file), "judging"), start=1):
        bad = _unfaithful(record, number)
        if bad is None:
            continue
        [evaluation] = evaluate(judge, [answered_turn(record, number)])
        if evaluation.state is State.SCORED and evaluation.flagged is not None:
            yield evaluation, bad


def _unfaithful(record: Record, number: int) -> bool | None:
    """None for labels that do not concern the whole answer."""
    if "unsupported" in record:
        if record["unsupported"] not in (0, 1):
            raise UsageError(f"record {number}: unsupported must be 0 or 1")
        return bool(record["unsupported"])
    verdict: Any = record.get("verdict")
    if record.get("claim") is not None or not isinstance(verdict, str):
        return None
    if verdict in FAITHFUL | UNFAITHFUL:
        return verdict in UNFAITHFUL
    return None
