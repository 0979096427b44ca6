"""`groundwire gate`: CI quality gate of a candidate against its baseline."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import (
    Record,
    read_records,
    record_sink,
    tracked,
    write_record,
)
from groundwire_collector.judges.registry import close
from groundwire_collector.llm.client import ChatTarget, target_of
from groundwire_collector.offline.answers import answered_turn, evaluator_of
from groundwire_collector.offline.gate import (
    GateOutcome,
    JudgedAnswer,
    QualityGate,
    ShareChange,
    compare,
)
from groundwire_collector.offline.stock_answers import stock_answers
from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.equivalence import asserted_in as contains_answer
from groundwire_evaluators.runner import evaluate

WORSE = 2  # exit code
IDENTITY = ("id", "question", "contexts", "reference")  # of a record, beside its answer
OVERRIDE = Override()
MOST_FAILED = 0.1  # maximum share of failed model calls
LONGEST = 1000  # tokens of an answer
SHOWN = 20  # answers that changed for the worse
SYSTEM = (
    "Answer the question from the passages alone. "
    "If they do not hold the answer, say: I don't know."
)


def gate(
    file: Annotated[
        Path, typer.Argument(help="Answers of the candidate; with a model, the questions to ask.")
    ],
    baseline: Annotated[Path, typer.Option(help="Answers of the baseline, in the same format.")],
    endpoint: Annotated[
        str | None, typer.Option(help="OpenAI-compatible base URL, including /v1.")
    ] = None,
    model: Annotated[str, typer.Option(help="Model name.")] = "",
    function: Annotated[
        str | None, typer.Option(help="Or: module:function, which answers (question, chunks).")
    ] = None,
    system: Annotated[Path | None, typer.Option(help="System prompt file, for --endpoint.")] = None,
    evaluator: Annotated[
        str, typer.Option(help="Evaluator or judge, by name or dotted path.")
    ] = "grounding",
    margin: Annotated[float, typer.Option(help="Non-inferiority margin of a share.")] = 0.03,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail unless non-inferiority within the margin is shown."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Save the candidate's evaluated answers, as the next baseline."),
    ] = None,
) -> None:
    """Compare a candidate with its baseline. Exit code 0: pass, 2: worse, 1: error.

    A line of a file: id, question, contexts, answer; what `--out` wrote (it has "state" and
    "flagged") is not judged again. Answers of one id are compared in pairs, which takes far fewer
    of them. Shares are compared, each with a 95 % interval: of the scored answers those that are
    faithful, of all answers those that neither decline nor repeat
    one text to many questions, of those with values the ones that give no
    other value than their context, and with a "reference" in the lines the right ones. "worse" is
    an interval of the change that lies below 0 as a whole; "pass" one that begins above -margin;
    between them nothing is shown, and --strict calls that a failure too. One JSON object goes to
    standard output.
    """
    if not 0 < margin < 1:
        raise UsageError("--margin must be between 0 and 1, for example 0.03")
    asks = endpoint is not None or function is not None
    target = target_of(endpoint, model, function, max_tokens=LONGEST) if asks else None
    with ExitStack() as after:
        judge = evaluator_of(evaluator)
        after.callback(close, [judge])
        records = read_records(file)
        if target is not None:
            records = _answered(records, target, _system(system))
        candidate = _judged(records, judge, file)
        before = _judged(read_records(baseline), judge, baseline)
    if out is not None:
        _save(out, candidate)
    try:
        found = compare(before, candidate, margin)
    except ValueError as error:
        raise UsageError(str(error)) from error
    typer.echo(json.dumps(_json(found), ensure_ascii=False, allow_nan=False))
    failed = {GateOutcome.WORSE, GateOutcome.UNDECIDED} if strict else {GateOutcome.WORSE}
    if found.outcome in failed:
        raise typer.Exit(WORSE)


def _system(path: Path | None) -> str:
    try:
        return SYSTEM if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _answered(records: Sequence[Record], target: ChatTarget, system: str) -> list[Record]:
    """Replace answers with the model's; raises UsageError if too many calls fail."""
    found, failed = [], []
    for number, record in enumerate(tracked(list(records), "asking"), start=1):
        turn = answered_turn({**record, "answer": None}, number)
        texts = [chunk.text for chunk in turn.chunks]
        reply = target.ask(
            _messages(system, turn.question or "", texts), turn.question or "", texts
        )
        if reply.failure is not None:
            failed.append(f"{reply.failure}: {reply.detail}".rstrip(": "))
        identity = {name: record.get(name) for name in IDENTITY}
        found.append({**identity, "answer": reply.text})
    if len(failed) > MOST_FAILED * len(found):
        raise UsageError(f"{len(failed)} of {len(found)} calls failed, the first: {failed[0]:.200}")
    return found


def _messages(system: str, question: str, chunks: Sequence[str]) -> list[dict[str, str]]:
    passages = "\n\n".join(f"[{at}] {text}" for at, text in enumerate(chunks, start=1))
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"Passages:\n{passages}\n\nQuestion: {question}"},
    ]


def _save(out: Path, judged: Sequence[JudgedAnswer]) -> None:
    with record_sink(out) as sink:
        for each in judged:
            write_record(sink, dict(each.record))


def _judged(records: Sequence[Record], judge: Evaluator, file: Path) -> list[JudgedAnswer]:
    found = []
    for number, record in enumerate(tracked(list(records), "judging"), start=1):
        name = record.get("id")
        if not isinstance(name, str | int) or isinstance(name, bool):
            raise UsageError(f"{file}, record {number}: an id (string or number) is required")
        found.append(_judged_one(record, str(name), number, judge, file))
    stock = stock_answers([(_text(each, "question"), _text(each, "answer")) for each in found])
    found = [replace(each, stock=mark) for each, mark in zip(found, stock, strict=True)]
    names = [each.id for each in found]
    if len(set(names)) != len(names):
        raise UsageError(f"{file}: duplicate id")
    return found


def _text(answer: JudgedAnswer, field: str) -> str:
    found = answer.record.get(field)
    return found if isinstance(found, str) else ""


def _judged_one(
    record: Record, name: str, number: int, judge: Evaluator, file: Path
) -> JudgedAnswer:
    if "state" in record and "flagged" in record:
        if record.get("revision") != judge.revision or record.get("evaluator") != judge.name:
            raise UsageError(
                f"{file}, record {number}: judged by {record.get('evaluator')} "
                f"{record.get('revision')}, not by {judge.name} {judge.revision}"
            )
        return _answer(name, record)
    turn = answered_turn(record, number)
    [evaluation] = evaluate(judge, [turn])
    [overridden] = evaluate(OVERRIDE, [turn])
    scored = evaluation.state is State.SCORED
    answer_fields = {field: record.get(field) for field in (*IDENTITY, "answer")}
    judgement = {
        "state": evaluation.state.value,
        "flagged": evaluation.flagged if scored else None,
        "faithfulness": evaluation.value if scored else None,
        "follows": _follows(overridden),
        "evaluator": evaluation.evaluator,
        "revision": evaluation.revision,
    }
    return _answer(name, {**answer_fields, **judgement})


def _answer(name: str, record: Record) -> JudgedAnswer:
    follows = record.get("follows")
    return JudgedAnswer(
        name,
        str(record["state"]),
        _faithful(record["flagged"]),
        record,
        follows if isinstance(follows, bool) else None,
        _right(record),
    )


def _follows(evaluation: Evaluation) -> bool | None:
    """Whether an answer gives no other value than its context; None where it gives none."""
    return evaluation.value == 0.0 if evaluation.state is State.SCORED else None


def _right(record: Record) -> bool | None:
    """Whether the answer holds every value of its reference; None without a reference."""
    reference, answer = record.get("reference"), record.get("answer")
    if not isinstance(reference, str) or not reference.strip():
        return None
    if not isinstance(answer, str):
        return False
    question = record.get("question")
    return contains_answer(reference, answer, question if isinstance(question, str) else "")


def _faithful(flagged: Any) -> bool | None:
    return not flagged if isinstance(flagged, bool) else None


def _json(found: QualityGate) -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "margin": found.margin,
        "faithful": _change(found.faithful),
        "answered": _change(found.answered),
        "follows": found.follows and _change(found.follows),
        "right": found.right and _change(found.right),
        "states": {side: dict(counts) for side, counts in found.states.items()},
        "lost": [
            {
                "id": after.id,
                "question": after.record.get("question"),
                "before": before.record.get("answer"),
                "after": after.record.get("answer"),
            }
            for before, after in found.lost[:SHOWN]
        ],
        "lost_total": len(found.lost),
    }


def _change(change: ShareChange) -> dict[str, Any]:
    return {**asdict(change), "interval": list(change.interval)}
