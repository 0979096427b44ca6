"""Margins: how much likelier this year's value is than last year's, with the page in the prompt.

Of each question, the log-probability of this year's value less that of last year's in the place of
the value, before and after a fine-tune. It moves before any answer does.
"""

from collections.abc import Iterable, Sequence

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.tables import by_checkpoint, header, line
from groundwire_evaluators.statistics.mcnemar import upper_tail


def margin(answer: Answer) -> float:
    """Log-probability of this year's value less that of last year's, in nats."""
    return answer.logprob_this - answer.logprob_last


def table(answers: Sequence[Answer]) -> str:
    """A Markdown table: facts whose margin fell and rose against base, with sign tests."""
    opened = [each for each in answers if each.mode == "open"]
    base = {each.question_id: margin(each) for each in opened if each.checkpoint == "base"}
    lines = header(
        "handbook", "checkpoint", "tuned facts: lower, higher", "p, sign",
        "held-out facts: lower, higher", "p, sign",
    )  # fmt: skip
    for handbook, checkpoint, rows in by_checkpoint(opened):
        if checkpoint != "base":
            cells = [
                cell
                for tuned in (True, False)
                for cell in _signs([each for each in rows if each.tuned is tuned], base)
            ]
            lines.append(line([handbook, checkpoint, *cells]))
    return "\n".join(lines)


def _signs(answers: Iterable[Answer], base: dict[str, float]) -> list[str]:
    """Facts by the sign of their margins' change, summed over a fact's questions."""
    changes: dict[str, float] = {}
    for each in answers:
        change = margin(each) - base[each.question_id]
        changes[each.fact] = changes.get(each.fact, 0.0) + change
    lower, higher = (sum(sign * each > 0 for each in changes.values()) for sign in (-1, 1))
    tested = lower + higher
    return [f"{lower}, {higher}", f"{upper_tail(lower, tested):.1e}" if tested else ""]
