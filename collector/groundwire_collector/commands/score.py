"""`groundwire score`: evaluate answers in a file, offline."""

import json
import math
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from groundwire_collector.commands.output import print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import (
    Record,
    read_records,
    record_sink,
    write_record,
)
from groundwire_collector.judges.registry import close, is_judge
from groundwire_collector.offline.answers import answered_turn, evaluator_of
from groundwire_collector.offline.score_summary import ScoreSummary
from groundwire_evaluators.evaluation import Claim, Evaluation, Evaluator, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.calibration import Calibration, from_labels, from_rate
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn

_BATCH = 32  # turns sent to a process at a time
_FEWEST_FOR_PROCESSES = 400  # below this, starting processes costs more than it saves


def score(
    file: Annotated[Path, typer.Argument(help="JSON Lines file; .gz is decompressed.")],
    evaluator: Annotated[
        str, typer.Option(help="Evaluator or judge, by name or dotted path module:object.")
    ] = "grounding",
    flag_rate: Annotated[
        float | None, typer.Option(help="Flag the worst share of these answers (0 to 1).")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(
            help='Calibration file ({"slope", "shift"}), or labelled answers (JSON Lines '
            "with `unsupported`: 0 or 1) to fit one."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output file. [standard output]")] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. [all cores]")
    ] = None,
) -> None:
    """Judge answers against their contexts.

    A line in: id, question, contexts (texts), answer. A line out, in the same order: id, state,
    value, faithfulness, p_unsupported, flagged, claims, citations, reason. The value is the
    evaluator's own; faithfulness is the same, but null for override, which counts the contrary.
    A summary with 95 % intervals follows on a terminal, or on standard output with --out.
    """
    if flag_rate is not None and not 0 < flag_rate < 1:
        raise UsageError("--flag-rate must be between 0 and 1, for example 0.05")
    turns = [
        answered_turn(record, number) for number, record in enumerate(read_records(file), start=1)
    ]
    judge = _judge(evaluator, calibration)
    workers = processes or os.cpu_count() or 1
    if is_judge(evaluator) or (len(turns) < _FEWEST_FOR_PROCESSES and processes is None):
        workers = 1
    with ExitStack() as after, record_sink(out) as sink:
        after.callback(close, [judge])
        judged = _tracked(_judged(turns, judge, workers), len(turns))
        if flag_rate is not None:
            judged = iter(_flagged(list(judged), flag_rate))
        summary = ScoreSummary()
        for turn, evaluation in zip(turns, judged, strict=True):
            summary.add(evaluation)
            write_record(sink, _line(turn, evaluation))
    _print_summary(summary, "override" if judge.name == Override.name else "faithfulness", out)


def _print_summary(summary: ScoreSummary, measure: str, out: Path | None) -> None:
    """To standard output where that is free; beside the results only on a terminal."""
    if out is not None and wants_json(False):
        print_json(summary.as_record())
    elif out is not None or sys.stderr.isatty():
        for line in summary.lines(measure):
            typer.echo(line, err=out is None)


def _judge(name: str, calibration: Path | None) -> Evaluator:
    judge = evaluator_of(name)
    if calibration is None:
        return judge
    if not isinstance(judge, Grounding):
        raise UsageError("--calibration is for the evaluator grounding")
    return replace(judge, calibration=_calibration(calibration, judge))


def _calibration(path: Path, judge: Grounding) -> Calibration:
    """Read from the file, or learnt from the labelled answers in it."""
    records = read_records(path)
    try:
        if len(records) == 1 and "slope" in records[0]:
            return Calibration.load(json.dumps(records[0]))
        return _learnt(records, judge)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error


def _learnt(records: Sequence[Record], judge: Grounding) -> Calibration:
    scores, labels = [], []
    for number, record in enumerate(records, start=1):
        label = record.get("unsupported")
        if label not in (0, 1):
            raise ValueError(f"record {number}: unsupported must be 0 or 1")
        (evaluation,) = evaluate(judge, [answered_turn(record, number)])
        if evaluation.state is State.SCORED:
            scores.append(evaluation.signals["p_unsupported"])
            labels.append(bool(label))
    return from_labels(scores, labels)


def _judged(turns: Sequence[Turn], judge: Evaluator, workers: int) -> Iterator[Evaluation]:
    batches = [turns[at : at + _BATCH] for at in range(0, len(turns), _BATCH)]
    if workers == 1:
        for batch in batches:
            yield from evaluate(judge, batch)
        return
    with multiprocessing.get_context("spawn").Pool(workers, _take, (judge,)) as pool:
        for evaluations in pool.imap(_evaluate, batches):
            yield from evaluations


_taken: list[Evaluator] = []


def _take(judge: Evaluator) -> None:
    """In a new process: keep the evaluator."""
    _taken.append(judge)


def _evaluate(turns: Sequence[Turn]) -> list[Evaluation]:
    return evaluate(_taken[0], turns)


def _flagged(evaluations: list[Evaluation], rate: float) -> list[Evaluation]:
    """Flags set so that `rate` of the scored answers have one, the worst."""
    scores = [e.signals["p_unsupported"] for e in evaluations if "p_unsupported" in e.signals]
    threshold = from_rate(scores, rate)
    return [
        replace(e, flagged=e.signals["p_unsupported"] >= threshold)
        if "p_unsupported" in e.signals
        else e
        for e in evaluations
    ]


def _line(turn: Turn, evaluation: Evaluation) -> Record:
    scored = evaluation.state is State.SCORED
    return {
        "id": turn.id,
        "state": evaluation.state,
        "value": evaluation.value if scored else None,
        "faithfulness": evaluation.value
        if scored and evaluation.evaluator != Override.name
        else None,
        "p_unsupported": _finite(evaluation.signals.get("p_unsupported")) if scored else None,
        "flagged": evaluation.flagged if scored else None,
        "claims": [_claim(claim) for claim in evaluation.claims],
        "citations": [asdict(citation) for citation in evaluation.citations],
        "reason": evaluation.reason,
        "evaluator": evaluation.evaluator,
        "revision": evaluation.revision,
    }


def _tracked(evaluations: Iterator[Evaluation], total: int) -> Iterator[Evaluation]:
    """With a progress bar on standard error where that is a terminal."""
    console = Console(stderr=True)
    yield from track(
        evaluations,
        "judging",
        total=total,
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _claim(claim: Claim) -> Record:
    return asdict(claim)
