"""Start of a recording from what is published: answers, and adapters that need no training."""

import shutil
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from benchmarks.real_model import answers, rows
from benchmarks.real_model.answers import DATA, Answer


def seed(folder: Path, data: Path = DATA) -> None:
    """Copy the published answers and adapters into a folder that has none of its own yet.

    What is recorded already is not asked again, so that any machine can extend a recording.
    """
    if not (folder / rows.FILE).exists():
        rows.append(folder / rows.FILE, as_rows(answers.read(data / answers.RECORDING.name)))
    for source in (data / "adapters").glob("*/*"):
        target = folder / "adapters" / source.parent.name / source.name
        if not target.exists():
            shutil.copytree(source, target)


def as_rows(found: Iterable[Answer]) -> list[rows.Row]:
    """The rows that answers were made of."""
    names = [field.name for field in fields(rows.Row) if field.name != "passages"]
    return [
        rows.Row(
            passages=[each.id for each in answer.passages],
            **{name: getattr(answer, name) for name in names},
        )
        for answer in found
    ]
