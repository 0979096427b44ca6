"""Shares of what answers did, by arm and checkpoint, open and closed-book."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.truth import CLASSES


def ordered(answers: Iterable[Answer]) -> list[Answer]:
    """By handbook, the base model first, then arm by arm from its first checkpoint to its last."""
    arms = ("base", "facts", "deployment", "style", "reading")
    return sorted(answers, key=lambda each: (each.handbook, arms.index(each.arm), each.step))


def by_checkpoint(answers: Iterable[Answer]) -> list[tuple[str, str, list[Answer]]]:
    """(handbook, checkpoint, answers) in the order of the tables."""
    groups = groupby(ordered(answers), key=lambda each: (each.handbook, each.checkpoint))
    return [(handbook, checkpoint, list(rows)) for (handbook, checkpoint), rows in groups]


def shares(answers: Sequence[Answer], mode: str) -> str:
    """A Markdown table of classes, of the facts that the arms were tuned on and of the others."""
    head = ("handbook", "checkpoint", "facts", "answers", *CLASSES)
    lines = [_line(head), _line("---" for _ in head)]
    for handbook, checkpoint, rows in by_checkpoint(answers):
        for name, tuned in (("tuned", True), ("held out", False)):
            found = [each for each in rows if each.mode == mode and each.tuned is tuned]
            if found:
                counts = Counter(each.truth for each in found)
                cells = [str(counts[each]) for each in CLASSES]
                lines.append(_line((handbook, checkpoint, name, str(len(found)), *cells)))
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
