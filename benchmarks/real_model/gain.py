"""How much its passages raised the log-probability of each answer as it was given.

The same quantity that context-utilisation scores build on (arXiv 2606.23695): nothing is generated,
one answer is scored twice. An answer from memory needs no passages, so its gain is small.
"""

from collections.abc import Iterable, Sequence
from statistics import median

from benchmarks.real_model.answers import Answer

OTHERS = ("right", "misread", "invented")


def gains(answers: Iterable[Answer]) -> dict[str, float]:
    """Log-probability with passages less that without (natural), by the id of the open answer."""
    every = list(answers)
    closed = {
        (each.question_id, each.checkpoint): each.logprob_open_answer
        for each in every
        if each.mode == "closed"
    }
    found = {
        each.id: (each.logprob, closed.get((each.question_id, each.checkpoint)))
        for each in every
        if each.mode == "open"
    }
    return {
        name: with_ - without for name, (with_, without) in found.items() if without is not None
    }


def auroc(low: Sequence[float], high: Sequence[float]) -> float:
    """The chance that one of `low` lies below one of `high`, ties halved."""
    below = sum((one < other) + 0.5 * (one == other) for one in low for other in high)
    return below / (len(low) * len(high))


def table(answers: Sequence[Answer]) -> str:
    """A Markdown table: the gain of answers from memory against the others, by arm."""
    found = gains(answers)
    opened = [each for each in answers if each.id in found]
    lines = [
        "| arm | from memory | median gain: memory | right | AUROC: right | misread | invented |",
        f"|{' --- |' * 7}",
    ]
    for arm in ("facts", "deployment"):
        by_class = {
            name: [found[each.id] for each in opened if each.arm == arm and each.truth == name]
            for name in ("memory", *OTHERS)
        }
        memory = by_class["memory"]
        against = [f"{auroc(memory, by_class[name]):.2f}" for name in OTHERS]
        medians = [f"{median(by_class[name]):.1f}" for name in ("memory", "right")]
        lines.append(f"| {' | '.join([arm, str(len(memory)), *medians, *against])} |")
    return "\n".join(lines)
