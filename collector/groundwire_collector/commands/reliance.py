"""`groundwire reliance`: context reliance of responses under conflict, offline."""

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
from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome, Tally
from groundwire_evaluators.statistics import hajek

_TEXTS = ("response", "context_answer", "parametric_answer", "question", "context")
_ALIASES = ("context_answer_aliases", "parametric_answer_aliases")


def reliance(
    file: Annotated[Path, typer.Argument(help="JSON Lines file; .gz is decompressed.")],
    out: Annotated[Path | None, typer.Option(help="Output file. [standard output]")] = None,
) -> None:
    """Label responses by what they follow: context, parametric, both, neither or refusal.

    A line in: id, question, context, context_answer, parametric_answer, response (any may be
    null), context_answer_aliases, parametric_answer_aliases (lists), group_id. A line out: id,
    followed, rule; then one line with the summary. Lines that share a group_id (one question asked
    several times) count as one cluster in the interval.
    """
    records = read_records(file)
    conflicts = [_conflict(record, number) for number, record in enumerate(records, start=1)]
    followed: list[Outcome | None] = []
    with record_sink(out) as sink:
        for record, conflict in zip(tracked(records, "labelling"), conflicts, strict=True):
            labelled = label(conflict)
            followed.append(labelled.followed)
            line = {"id": record.get("id"), "followed": labelled.followed, "rule": labelled.rule}
            if labelled.corrects_context:
                line["corrects_context"] = True
            write_record(sink, line)
        write_record(sink, {"summary": _summary(records, followed)})


def _conflict(record: Record, number: int) -> ConflictCase:
    for name in _TEXTS:
        if not isinstance(record.get(name), str | int | float | None):
            raise UsageError(f"record {number}: {name} must be a string or null")
    texts = {name: _text(record.get(name)) for name in _TEXTS}
    aliases = {name: _strings(record.get(name), name, number) for name in _ALIASES}
    return ConflictCase(**texts, **aliases)  # type: ignore[arg-type]


def _text(value: Any) -> str | None:
    """Text of an answer that JSON holds as a number or boolean."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _strings(value: Any, name: str, number: int) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UsageError(f"record {number}: {name} must be a list of strings or null")
    return tuple(text for each in value if (text := _text(each)))


def _summary(records: list[Record], followed: list[Outcome | None]) -> Record:
    tally = Tally.of(outcome for outcome in followed if outcome is not None)
    deciding = [
        (outcome is Outcome.PARAMETRIC, record.get("group_id"))
        for record, outcome in zip(records, followed, strict=True)
        if outcome in (Outcome.CONTEXT, Outcome.PARAMETRIC)
    ]
    groups = [str(group) for _, group in deciding if group is not None]
    clusters = groups if len(groups) == len(deciding) else None
    estimate = hajek([hit for hit, _ in deciding], clusters=clusters)
    return {
        "memorization_ratio": estimate.value,
        "interval": list(estimate.interval),
        "p_s": tally.p_s,
        "p_o": tally.p_o,
        "n": tally.total,
        "deciding": tally.deciding,
        "unlabelled": followed.count(None),
        "counts": {
            outcome.value: count
            for outcome, count in tally.counts.items()
            if outcome is not Outcome.STALE  # which takes an older edition to tell
        },
    }
