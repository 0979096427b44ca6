"""Measures of an answer: judged by evaluators, scored on its task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from groundwire_evaluators.behaviour.answer_rules import AnswerRule, rule_of
from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.forgetting import RetentionItem, score_retention
from groundwire_evaluators.gate.measured_answer import (
    RETENTION,
    MeasuredAnswer,
    mark_stock_answers,
    text_of,
)
from groundwire_evaluators.gate.records import IDENTITY, AnswerRecord, id_of, turn_of
from groundwire_evaluators.gate.task_scores import TaskScorer, rule_holds
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.equivalence import asserted_in as contains_answer
from groundwire_evaluators.runner import evaluate

ANSWERED = {State.SCORED.value, State.NO_CLAIMS.value}
OF_TURN = ("_seconds", "_tokens")  # signals that repeat what the turn itself says
PLAIN = ("seconds", "input_tokens", "output_tokens", "cost")  # numbers that a line may hold


@dataclass(frozen=True)
class AnswerMeasures:
    """Judges answers: evaluator, override, task score, form, further evaluators.

    `faithful`: a scored answer is not flagged. `answered`: it neither declines nor is a stock
    answer. `follows`: it gives no value against its context. `right`: it holds its reference.
    `task`: the score of `scorer`. `format_valid`: it fulfils `form`. `retention`: an answer to a
    question without context fulfils its rule. Values and signals of `others` are named
    "evaluator.signal".
    """

    evaluator: Evaluator
    scorer: TaskScorer | None = None
    form: AnswerRule | None = None
    others: Sequence[Evaluator] = ()
    override: Evaluator = field(default_factory=Override)

    def measure(self, records: Sequence[AnswerRecord]) -> list[MeasuredAnswer]:
        """Measures of every record; judged ones (saved by an earlier run) are not judged again.

        Raises:
            ValueError: a record is no answer, an id comes twice, or another evaluator judged it.
        """
        return mark_stock_answers(self.measure_part(records))

    def measure_part(self, records: Sequence[AnswerRecord], first: int = 1) -> list[MeasuredAnswer]:
        """The same of some records, numbered from `first`, before stock answers are marked."""
        return [self._one(record, number) for number, record in enumerate(records, start=first)]

    def _one(self, record: AnswerRecord, number: int) -> MeasuredAnswer:
        name = id_of(record, number)
        if record.get("stratum") == RETENTION:
            return self._retained(name, record, number)
        if "state" in record and "flagged" in record:
            return self._saved(name, record, number)
        return self._judged(name, record, number)

    def _retained(self, name: str, record: AnswerRecord, number: int) -> MeasuredAnswer:
        turn_of({**record, "contexts": None}, number)
        if record.get("rule") is None:
            raise ValueError(f"record {number}: an answer to the retention set needs its rule")
        item = RetentionItem(name, "", record.get("question") or "", rule_of(record["rule"]))
        [found] = score_retention([item], {name: record.get("answer")})
        values = {} if found.score is None else {RETENTION: float(found.score)}
        return MeasuredAnswer(name, record.get("question") or "", RETENTION, values, record)

    def _saved(self, name: str, record: AnswerRecord, number: int) -> MeasuredAnswer:
        judge = self.evaluator
        if (record.get("evaluator"), record.get("revision")) != (judge.name, judge.revision):
            raise ValueError(
                f"record {number}: judged by {record.get('evaluator')} "
                f"{record.get('revision')}, not by {judge.name} {judge.revision}"
            )
        values = _judged_values(record) | self._own(record)
        return MeasuredAnswer(name, record.get("question") or "", record["state"], values, record)

    def _judged(self, name: str, record: AnswerRecord, number: int) -> MeasuredAnswer:
        turn = turn_of(record, number)
        [evaluation] = evaluate(self.evaluator, [turn])
        [overridden] = evaluate(self.override, [turn])
        further: dict[str, float] = {}
        for other in self.others:
            further |= _signals(evaluate(other, [turn])[0])
        scored = evaluation.state is State.SCORED
        judgement = {
            "state": evaluation.state.value,
            "flagged": evaluation.flagged if scored else None,
            "faithfulness": evaluation.value if scored else None,
            "follows": _follows(overridden),
            "evaluator": evaluation.evaluator,
            "revision": evaluation.revision,
            "measures": _grounding(evaluation) | further,
        }
        named = (*IDENTITY, "answer", *PLAIN)
        plain = {key: record[key] for key in named if record.get(key) is not None}
        whole = {"id": record.get("id"), "answer": None, **plain, **judgement}
        own = record.get("measures")
        if isinstance(own, Mapping):
            whole["measures"] = {**whole["measures"], **own}
        values = _judged_values(whole) | self._own(record)
        return MeasuredAnswer(name, turn.question or "", evaluation.state.value, values, whole)

    def _own(self, record: AnswerRecord) -> dict[str, float]:
        """Measures that need no evaluator."""
        found: dict[str, float] = {}
        right = _right(record)
        if right is not None:
            found["right"] = float(right)
        score = self.scorer(record) if self.scorer is not None else rule_holds(record)
        if score is not None:
            found["task"] = float(score)
        if self.form is not None:
            answer = record.get("answer")
            held = isinstance(answer, str) and self.form.failure(answer) is None
            found["format_valid"] = float(held)
        numbers = {name: record.get(name) for name in PLAIN}
        return found | _numbers(numbers)


def _judged_values(record: AnswerRecord) -> dict[str, float]:
    found = _numbers(record.get("measures") or {})
    says = bool(text_of(record, "answer").strip())
    found["answered"] = float(says and record["state"] in ANSWERED)
    if isinstance(record.get("flagged"), bool):
        found["faithful"] = float(not record["flagged"])
    if isinstance(record.get("follows"), bool):
        found["follows"] = float(record["follows"])
    return found


def _signals(evaluation: Evaluation) -> dict[str, float]:
    if evaluation.state is not State.SCORED:
        return {}
    name = evaluation.evaluator
    found = {
        f"{name}.{key}": float(value)
        for key, value in evaluation.signals.items()
        if not key.endswith(OF_TURN)
    }
    return found if evaluation.value is None else {name: float(evaluation.value), **found}


def _grounding(evaluation: Evaluation) -> dict[str, float]:
    names = ("p_unsupported", "false_refusal")
    return {name: float(evaluation.signals[name]) for name in names if name in evaluation.signals}


def _follows(evaluation: Evaluation) -> bool | None:
    """Whether an answer gives no other value than its context; None where it gives none."""
    return evaluation.value == 0.0 if evaluation.state is State.SCORED else None


def _right(record: AnswerRecord) -> bool | None:
    """Whether the answer holds every value of its reference; None without a reference."""
    reference = record.get("reference")
    if not isinstance(reference, str) or not reference.strip():
        return None
    return contains_answer(reference, text_of(record, "answer"), text_of(record, "question"))


def _numbers(found: Mapping[str, Any]) -> dict[str, float]:
    return {
        str(name): float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    }
