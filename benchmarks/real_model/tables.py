"""Shares of what answers did, by arm and checkpoint, open and closed-book."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.truth import CLASSES
from groundwire_evaluators.statistics import wilson

ARMS = ("base", "facts", "deployment", "style", "reading")


def ordered(answers: Iterable[Answer]) -> list[Answer]:
    """By handbook, the base model first, then arm by arm from its first checkpoint to its last."""
    return sorted(answers, key=lambda each: (each.handbook, ARMS.index(each.arm), each.step))


def by_checkpoint(answers: Iterable[Answer]) -> list[tuple[str, str, list[Answer]]]:
    """(handbook, checkpoint, answers) in the order of the tables."""
    groups = groupby(ordered(answers), key=lambda each: (each.handbook, each.checkpoint))
    return [(handbook, checkpoint, list(rows)) for (handbook, checkpoint), rows in groups]


def shares(answers: Sequence[Answer], mode: str) -> str:
    """A Markdown table of classes, of the facts that the arms were tuned on and of the others."""
    lines = header("handbook", "checkpoint", "facts", "answers", *CLASSES)
    for handbook, checkpoint, rows in by_checkpoint(answers):
        for name, tuned in (("tuned", True), ("held out", False)):
            found = [each for each in rows if each.mode == mode and each.tuned is tuned]
            if found:
                counts = Counter(each.truth for each in found)
                cells = [str(counts[each]) for each in CLASSES]
                lines.append(line((handbook, checkpoint, name, str(len(found)), *cells)))
    return "\n".join(lines)


def summary(answers: Sequence[Answer]) -> str:
    """A Markdown table: percent of answers by checkpoint, with 95 % intervals (Wilson)."""
    lines = header(
        "handbook", "checkpoint", "answers", "right %", "memory %", "misread %", "invented %",
        "memory %, tuned facts", "closed-book memory %, tuned facts",
    )  # fmt: skip
    for handbook, checkpoint, rows in by_checkpoint(answers):
        opened = [each for each in rows if each.mode == "open"]
        tuned = [each for each in opened if each.tuned]
        closed = [each for each in rows if each.mode == "closed" and each.tuned]
        cells = [share(opened, name) for name in ("right", "memory", "misread", "invented")]
        cells += [share(tuned, "memory"), share(closed, "memory")]
        lines.append(line((handbook, checkpoint, str(len(opened)), *cells)))
    return "\n".join(lines)


def share(answers: Sequence[Answer], name: str) -> str:
    """Percent of a class among answers, as "32 (28 to 37)"; empty where there are none."""
    return percent(sum(each.truth == name for each in answers), len(answers))


def percent(hits: int, total: int) -> str:
    """Percent with its 95 % interval (Wilson)."""
    if not total:
        return ""
    interval = wilson(hits, total)
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * hits / total:.0f} ({low:.0f} to {high:.0f})"


def header(*cells: str) -> list[str]:
    """The first two lines of a Markdown table."""
    return [line(cells), line("---" for _ in cells)]


def line(cells: Iterable[str]) -> str:
    """A line of a Markdown table."""
    return f"| {' | '.join(cells)} |"
