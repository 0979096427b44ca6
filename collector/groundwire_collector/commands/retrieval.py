"""`groundwire retrieval`: precision@k, recall@k, MRR and nDCG of a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import read_records
from groundwire_collector.offline.ranked_records import ranked_record
from groundwire_collector.offline.retrieval_quality import (
    MeasuredShare,
    RetrievalQuality,
    retrieval_quality,
)

NAMES = {"precision": "precision", "recall": "recall", "mrr": "MRR", "ndcg": "nDCG"}


def retrieval(
    file: Annotated[Path, typer.Argument(help="JSON Lines file; .gz is decompressed.")],
    k: Annotated[str, typer.Option(help="Numbers of first chunks, separated by commas.")] = (
        "1,3,5,10"
    ),
    as_json: AsJson = False,
) -> None:
    """Measure retrieval against labels: precision, recall, MRR, nDCG.

    A line: question, contexts (texts, or objects with id and text) or retrieved (ids), best first;
    relevant (ids of all relevant chunks, or an object of grades by id); optionally judged, the same
    by a judge: with labels on 20 lines or more it is corrected by them. Intervals are 95 %,
    clustered by question.
    """
    records = [ranked_record(record, at) for at, record in enumerate(read_records(file), start=1)]
    if not records:
        raise UsageError(f"{file}: no record")
    found = retrieval_quality(records, _ranks(k))
    if wants_json(as_json):
        print_json(_as_record(found))
    else:
        for line in _lines(found):
            typer.echo(line)


def _ranks(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise UsageError("--k must be whole numbers from 1, such as 1,3,5")
    return sorted({int(part) for part in parts})


def _as_record(found: RetrievalQuality) -> dict[str, Any]:
    return {
        "records": found.records,
        "questions": found.questions,
        "undecided": found.undecided,
        "at": {
            str(k): {name: _share(share) for name, share in shares.items()}
            for k, shares in found.at.items()
        },
        **found.label_free,
    }


def _share(share: MeasuredShare) -> dict[str, Any]:
    return {
        "value": share.value,
        "interval": list(share.interval),
        "records": share.n,
        "questions": share.questions,
        "method": share.method,
    }


def _lines(found: RetrievalQuality) -> Iterator[str]:
    undecided = f", {found.undecided} without labels" if found.undecided else ""
    yield f"{found.records} retrievals of {found.questions} questions{undecided}"
    for k, shares in found.at.items():
        for name, share in shares.items():
            low, high = share.interval
            yield (
                f"{NAMES[name]}@{k}: {share.value:.3f} (95 % interval {low:.3f} to {high:.3f}; "
                f"{share.n} records, {share.method})"
            )
    for name, value in found.label_free.items():
        yield f"{name}: {value:.3f} (needs no labels)"
