"""Querying a candidate in random order until the outcome is clear."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record
from groundwire_collector.llm.client import CallFailure, ChatReply, ChatTarget
from groundwire_collector.metrics.prices import TokenPrice
from groundwire_collector.offline.gate.report import CallSpending, DoneAnalysis
from groundwire_evaluators.gate.answer_measures import AnswerMeasures
from groundwire_evaluators.gate.decision import MeasureOutcome
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.gate.measured_answer import (
    RETENTION,
    MeasuredAnswer,
    mark_stock_answers,
)
from groundwire_evaluators.gate.quality_gate import GateResult, NotComparableError, run_gate
from groundwire_evaluators.gate.records import IDENTITY, turn_of
from groundwire_evaluators.gate.spending import MOST_ANALYSES, planned_analyses

MOST_FAILED = 0.1  # maximum share of failed model calls
LONGEST = 1000  # tokens of an answer
SYSTEM = (
    "Answer the question from the passages alone. "
    "If they do not hold the answer, say: I don't know."
)
_SEED = 0  # of the order in which questions are asked


@dataclass
class QueriedModel:
    """A model to ask, with its prompt and price; counts failed calls.

    An empty answer is an answer, of a model that says nothing; only calls without any fail.
    """

    target: ChatTarget
    system: str = SYSTEM
    price: TokenPrice | None = None
    failures: list[str] = field(default_factory=list)

    def answer(self, record: Record, number: int) -> Record:
        """The record with this model's answer, tokens and seconds."""
        identity = {name: record[name] for name in IDENTITY if record.get(name) is not None}
        turn = turn_of({**record, "answer": None}, number)
        question, chunks = turn.question or "", [chunk.text for chunk in turn.chunks]
        closed = record.get("stratum") == RETENTION
        messages = (
            [{"role": "user", "content": question}] if closed else self._messages(question, chunks)
        )
        reply = self.target.ask(messages, question, chunks)
        return {**identity, "answer": self._text(reply), **_facts(reply, self.price)}

    def _messages(self, question: str, chunks: Sequence[str]) -> list[dict[str, str]]:
        passages = "\n\n".join(f"[{at}] {text}" for at, text in enumerate(chunks, start=1))
        return [
            {"role": "system", "content": self.system},
            {"role": "user", "content": f"Passages:\n{passages}\n\nQuestion: {question}"},
        ]

    def _text(self, reply: ChatReply) -> str | None:
        if reply.failure is CallFailure.EMPTY:
            return reply.refusal or ""
        if reply.failure is not None:
            self.failures.append(f"{reply.failure}: {reply.detail}".rstrip(": "))
        return reply.text

    def check_failures(self, calls: int) -> None:
        """Raise UsageError where more than one call in ten failed."""
        failed = len(self.failures)
        if failed > MOST_FAILED * calls:
            raise UsageError(
                f"{failed} of {calls} calls failed, the first: {self.failures[0]:.200}"
            )


@dataclass(frozen=True, slots=True)
class QueriedCandidate:
    """Answers of an asked candidate, the gate's result, calls spent."""

    answers: Sequence[MeasuredAnswer]
    result: GateResult
    spending: CallSpending


def ask_candidate(
    candidate: QueriedModel,
    records: Sequence[Record],
    before: Sequence[MeasuredAnswer],
    measures: AnswerMeasures,
    rules: Rules,
    earlier: Mapping[str, Sequence[MeasuredAnswer]] | None = None,
    *,
    every: bool = False,
    progress: Callable[[list[Record]], Any] = list,
) -> QueriedCandidate:
    """Ask in random order, with interim analyses, until the outcome is clear.

    A candidate that is worse ends it at the next one; one that passes too, unless `every` answer
    is wanted (as the next baseline). Alpha is shared by them (`gate.spending`). Where few
    ids are shared there is one at the end. `progress` wraps the records of each part.

    Raises:
        UsageError: more than one call in ten failed.
        NotComparableError: too few answers.
    """
    order = list(records)
    Random(_SEED).shuffle(order)
    shared = {each.id for each in before} & {str(record.get("id")) for record in order}
    paired = 2 * len(shared) >= len(order)  # some may be new, as a retention set asked first
    analyses = planned_analyses(len(order), MOST_ANALYSES if paired else 1)
    answers: list[MeasuredAnswer] = []
    done: list[DoneAnalysis] = []
    for analysis in analyses:
        part = order[len(answers) : analysis.answers]
        first = len(answers) + 1
        replies = [candidate.answer(r, n) for n, r in enumerate(progress(part), start=first)]
        candidate.check_failures(analysis.answers)
        answers += measures.measure_part(replies, first)
        last = analysis.answers == len(order)
        result = _analyse(answers, before, analysis.rules(rules), earlier, last=last)
        if result is None:
            continue
        done.append(DoneAnalysis(analysis.answers, rules.alpha * analysis.share, result.outcome))
        worse = result.outcome is MeasureOutcome.WORSE
        if last or worse or (result.outcome is MeasureOutcome.PASS and not every):
            spending = CallSpending(analysis.answers, len(order), tuple(done))
            return QueriedCandidate(mark_stock_answers(answers), result, spending)
    raise NotComparableError("there are no questions")


def _analyse(
    answers: Sequence[MeasuredAnswer],
    before: Sequence[MeasuredAnswer],
    rules: Rules,
    earlier: Mapping[str, Sequence[MeasuredAnswer]] | None,
    *,
    last: bool,
) -> GateResult | None:
    marked = mark_stock_answers(answers)
    ids = {each.id for each in marked}
    compared = before if last else [each for each in before if each.id in ids]
    try:
        return run_gate(compared, marked, rules, earlier)
    except NotComparableError:
        if last:
            raise
        return None


def _facts(reply: ChatReply, price: TokenPrice | None) -> dict[str, float]:
    found = {
        "seconds": reply.seconds or None,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
    }
    if price is not None and (reply.input_tokens or reply.output_tokens):
        found["cost"] = price.of(reply.input_tokens or 0, reply.output_tokens or 0)
    return {name: value for name, value in found.items() if value is not None}
