"""The part of the recording that `groundwire demo` replays, as data of its package."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.handbooks import TARNWELL
from groundwire_demo import recording

CHECKPOINTS = {"base": recording.BASE, "deployment-144": recording.TUNED}
FILE = Path(recording.__file__).parent / recording.FILE


def part(answers: Iterable[Answer]) -> list[recording.RecordedAnswer]:
    """Answers to the questions for which both checkpoints are recorded, open and closed-book."""
    shown = [
        each for each in answers if each.handbook == TARNWELL and each.checkpoint in CHECKPOINTS
    ]
    counts: dict[str, int] = {}
    for each in shown:
        counts[each.question] = counts.get(each.question, 0) + 1
    return [
        recording.RecordedAnswer(
            CHECKPOINTS[each.checkpoint],
            each.mode == "open",
            each.question,
            each.answer,
            each.truth,
        )
        for each in shown
        if counts[each.question] == 2 * len(CHECKPOINTS)
    ]


def write(answers: Iterable[Answer], path: Path = FILE) -> None:
    """Write the demo's part of the recording."""
    path.write_bytes(recording.pack(part(answers)))
