"""What Groundwire says of the recorded answers, beside what they did.

Each figure is of the released evaluators with their own settings: nothing is fitted here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.tables import by_checkpoint

from groundwire_collector.offline.gate import JudgedAnswer, compare
from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.closed_book import compare_closed_book, estimate_memorization
from groundwire_evaluators.turn import Chunk, Turn

WRONG = ("memory", "misread", "invented")
_BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)


@dataclass(frozen=True, slots=True)
class Judged:
    """An open answer, its judgement by each evaluator, and the closed-book answer beside it."""

    answer: Answer
    grounding: Evaluation
    override: Evaluation
    closed_book: str | None

    @property
    def flagged(self) -> bool:
        return self.grounding.flagged is True

    @property
    def bad_claim(self) -> bool:
        return any(claim.verdict in _BAD for claim in self.grounding.claims)

    @property
    def overrides(self) -> bool:
        return self.override.state is State.SCORED and (self.override.value or 0.0) > 0.0


def turn(answer: Answer) -> Turn:
    """The turn that an application would have sent."""
    chunks = tuple(
        Chunk(id=each.id, text=each.text, metadata={"title": each.title, "edited": each.edited})
        for each in answer.passages
    )
    return Turn(id=answer.id, question=answer.question, chunks=chunks, answer=answer.answer)


def judge(answers: Sequence[Answer]) -> list[Judged]:
    """Every open answer with its judgements."""
    closed = {
        (each.question_id, each.checkpoint): each.answer
        for each in answers
        if each.mode == "closed"
    }
    opened = [each for each in answers if each.mode == "open"]
    turns = [turn(each) for each in opened]
    both = zip(opened, Grounding().evaluate(turns), Override().evaluate(turns), strict=True)
    return [
        Judged(answer, grounding, override, closed.get((answer.question_id, answer.checkpoint)))
        for answer, grounding, override in both
    ]


def table(judged: Sequence[Judged]) -> str:
    """A Markdown table: a line a checkpoint, the truth beside each signal."""
    head = (
        "handbook", "checkpoint", "n", "right", "from memory", "mean p_unsupported", "flagged",
        "memory flagged", "wrong flagged", "right flagged", "override", "memory in override",
        "wrong in override", "right in override", "closed_book M_R", "true M_R", "gate",
    )  # fmt: skip
    by_id = {each.answer.id: each for each in judged}
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    base: dict[str, list[Judged]] = {}
    for handbook, checkpoint, rows in by_checkpoint(each.answer for each in judged):
        found = [by_id[each.id] for each in rows]
        base.setdefault(handbook, found)
        cells = [handbook, checkpoint, *_cells(found), _gate(base[handbook], found)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(found: Sequence[Judged]) -> list[str]:
    classes = Counter(each.answer.truth for each in found)
    right = [each for each in found if each.answer.truth == "right"]
    memory = [each for each in found if each.answer.truth == "memory"]
    wrong = [each for each in found if each.answer.truth in WRONG]
    signals = [each.grounding.signals for each in found]
    scores = [each["p_unsupported"] for each in signals if "p_unsupported" in each]
    return [
        str(len(found)),
        str(classes["right"]),
        str(classes["memory"]),
        f"{sum(scores) / len(scores):.3f}" if scores else "",
        str(sum(each.flagged for each in found)),
        *(f"{sum(e.flagged for e in part)}/{len(part)}" for part in (memory, wrong, right)),
        str(sum(each.overrides for each in found)),
        *(f"{sum(e.overrides for e in part)}/{len(part)}" for part in (memory, wrong, right)),
        _closed_book(found),
        f"{len(memory) / (len(memory) + len(right)):.2f}" if memory or right else "",
    ]


def _closed_book(found: Sequence[Judged]) -> str:
    compared = [
        compare_closed_book(
            turn(each.answer), [each.closed_book], supported=not each.grounding.flagged
        )
        for each in found
        if each.closed_book is not None
    ]
    estimate = estimate_memorization(compared)
    ratio = estimate.ratio
    if ratio.value is None:
        return f"none of {estimate.n}"
    low, high = ratio.interval.low, ratio.interval.high
    return f"{ratio.value:.2f} ({low:.2f} to {high:.2f}), n={ratio.n}"


def _gate(base: Sequence[Judged], found: Sequence[Judged]) -> str:
    try:
        gate = compare(_gated(base), _gated(found), margin=0.05)
    except ValueError as error:
        return str(error)
    return f"{gate.outcome}, faithful {gate.faithful.before:.2f} to {gate.faithful.after:.2f}"


def _gated(judged: Sequence[Judged]) -> list[JudgedAnswer]:
    return [
        JudgedAnswer(
            id=each.answer.question_id,
            state=each.grounding.state.value,
            faithful=None if each.grounding.state is not State.SCORED else not each.flagged,
            record={},
        )
        for each in judged
    ]
