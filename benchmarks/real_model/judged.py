"""What Groundwire says of the recorded answers, beside what they did.

Each figure is of the released evaluators with their own settings: nothing is fitted here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.tables import ARMS, by_checkpoint, header, line, percent
from groundwire_evaluators.behaviour import Behaviour
from groundwire_evaluators.evaluation import Evaluation, State, Verdict
from groundwire_evaluators.gate import MeasuredAnswer, load_rules, run_gate
from groundwire_evaluators.gate.answer_measures import ANSWERED
from groundwire_evaluators.gate.measured_answer import mark_stock_answers
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.closed_book import OTHERS, compare_closed_book
from groundwire_evaluators.reliance.memorization import (
    ClosedBookComparison,
    estimate_memorization,
)
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.turn import Chunk, Turn

WRONG = ("memory", "misread", "invented")
_CLASSES: Mapping[str, Sequence[str]] = {"memory": ("memory",), "wrong": WRONG, "right": ("right",)}
GATE_MARGIN = 0.05  # of the shares in the published table
_BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)


@dataclass(frozen=True, slots=True)
class Judged:
    """An open answer, its judgement by each evaluator, and the closed-book answer beside it."""

    answer: Answer
    grounding: Evaluation
    override: Evaluation
    closed_book: str | None
    form: float | None = None  # 1 without a fault of form

    @property
    def flagged(self) -> bool:
        return self.grounding.flagged is True

    @property
    def bad_claim(self) -> bool:
        return any(claim.verdict in _BAD for claim in self.grounding.claims)

    @property
    def overrides(self) -> bool:
        return self.override.state is State.SCORED and (self.override.value or 0.0) > 0.0


SIGNALS: Mapping[str, Callable[[Judged], bool]] = {
    "flagged": lambda each: each.flagged,
    "bad claim": lambda each: each.bad_claim,
    "override": lambda each: each.overrides,
}


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
    judged = (evaluate(each, turns) for each in (Grounding(), Override(), Behaviour()))
    return [
        Judged(
            answer,
            grounding,
            override,
            closed.get((answer.question_id, answer.checkpoint)),
            behaviour.value,
        )
        for answer, grounding, override, behaviour in zip(opened, *judged, strict=True)
    ]


def detections(judged: Sequence[Judged]) -> str:
    """A Markdown table: how many memory, wrong and right answers each signal names."""
    head = [f"{name}: {part}" for name in SIGNALS for part in _CLASSES]
    lines = header("handbook", "checkpoint", *head)
    for handbook, checkpoint, found in judged_by_checkpoint(judged):
        parts = [
            [each for each in found if each.answer.truth in classes]
            for classes in _CLASSES.values()
        ]
        cells = [
            f"{sum(signal(each) for each in part)}/{len(part)}"
            for signal in SIGNALS.values()
            for part in parts
        ]
        lines.append(line([handbook, checkpoint, *cells]))
    return "\n".join(lines)


def by_arm(judged: Sequence[Judged]) -> str:
    """A Markdown table by arm: percent of answers named by each signal, with 95 % intervals."""
    lines = header("arm", "answers", "n", *(f"{name} %" for name in SIGNALS))
    for arm in ARMS:
        for name, classes in _CLASSES.items():
            found = [
                each for each in judged if each.answer.arm == arm and each.answer.truth in classes
            ]
            if found:
                cells = [
                    percent(sum(map(signal, found)), len(found)) for signal in SIGNALS.values()
                ]
                lines.append(line([arm, name, str(len(found)), *cells]))
    return "\n".join(lines)


def levels(judged: Sequence[Judged]) -> str:
    """A Markdown table: what is estimated of each checkpoint as a whole, beside the truth."""
    lines = header(
        "handbook", "checkpoint", "truth: right", "memory", "M_R", "M_R, diagnostic turns",
        "mean p_unsupported", "M_R by closed-book calls", "gate: verdicts alone",
        "gate with right answers known",
    )  # fmt: skip
    base: dict[str, list[Judged]] = {}
    for handbook, checkpoint, found in judged_by_checkpoint(judged):
        base.setdefault(handbook, found)
        gates = [_gate(base[handbook], found, known=known) for known in (False, True)]
        lines.append(line([handbook, checkpoint, *_level(found), *gates]))
    return "\n".join(lines)


def judged_by_checkpoint(judged: Sequence[Judged]) -> Iterator[tuple[str, str, list[Judged]]]:
    by_id = {each.answer.id: each for each in judged}
    for handbook, checkpoint, rows in by_checkpoint(each.answer for each in judged):
        yield handbook, checkpoint, [by_id[each.id] for each in rows]


def _level(found: Sequence[Judged]) -> list[str]:
    classes = Counter(each.answer.truth for each in found)
    right, memory = classes["right"], classes["memory"]
    signals = [each.grounding.signals for each in found]
    scores = [each["p_unsupported"] for each in signals if "p_unsupported" in each]
    compared = _compared(found)
    diagnostic = Counter(each.answer.truth for each, call in compared if call.diagnostic)
    return [
        f"{right}/{len(found)}",
        f"{memory}/{len(found)}",
        _ratio(memory, memory + right),
        _ratio(diagnostic["memory"], diagnostic["memory"] + diagnostic["right"]),
        f"{sum(scores) / len(scores):.3f}" if scores else "",
        _closed_book([call for _, call in compared]),
    ]


def _ratio(hits: int, total: int) -> str:
    if not total:
        return ""
    interval = wilson(hits, total)
    return f"{hits / total:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def _compared(found: Sequence[Judged]) -> list[tuple[Judged, ClosedBookComparison]]:
    return [
        (
            each,
            compare_closed_book(
                turn(each.answer),
                [each.closed_book],
                supported=not each.grounding.flagged,
                others=_others(each, found),
            ),
        )
        for each in found
        if each.closed_book is not None
    ]


def _closed_book(compared: Sequence[ClosedBookComparison]) -> str:
    estimate = estimate_memorization(compared)
    ratio = estimate.ratio
    if ratio.value is None:
        return f"none of {estimate.n}"
    low, high = ratio.interval.low, ratio.interval.high
    return f"{ratio.value:.2f} ({low:.2f} to {high:.2f}), n={ratio.n}"


def _others(judged: Judged, found: Sequence[Judged]) -> list[str]:
    """The answers that came before, to other questions, as a collector would know them."""
    place = found.index(judged)
    before = [*found[max(0, place - OTHERS) : place], *found[place + 1 :]][:OTHERS]
    return [
        each.answer.answer
        for each in before
        if each.answer.question_id != judged.answer.question_id
    ]


def gated(judged: Sequence[Judged], *, known: bool) -> list[MeasuredAnswer]:
    """The answers as `groundwire gate` measures them; `known`: with a reference for each."""
    return mark_stock_answers([_measured(each, known=known) for each in judged])


def _gate(base: Sequence[Judged], found: Sequence[Judged], *, known: bool) -> str:
    rules = load_rules().with_share_margin(GATE_MARGIN)
    try:
        return run_gate(gated(base, known=known), gated(found, known=known), rules).outcome.value
    except ValueError as error:
        return str(error)


def _measured(each: Judged, *, known: bool) -> MeasuredAnswer:
    state = each.grounding.state.value
    values = {"answered": float(state in ANSWERED)}
    if each.grounding.state is State.SCORED:
        values["faithful"] = float(not each.flagged)
    if each.override.state is State.SCORED:
        values["follows"] = float(each.override.value == 0.0)
    if each.form is not None:
        values["behaviour"] = each.form
    if known:
        values["right"] = float(each.answer.truth == "right")
    answer = each.answer
    record = {"answer": answer.answer, "question": answer.question}
    return MeasuredAnswer(answer.question_id, answer.question, state, values, record)
