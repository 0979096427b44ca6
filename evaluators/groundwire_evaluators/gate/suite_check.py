"""Quality gate inside a test suite: answers against baseline answers."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.gate.answer_measures import AnswerMeasures
from groundwire_evaluators.gate.decision import MeasureOutcome
from groundwire_evaluators.gate.margins import load_rules
from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.gate.quality_gate import GateResult, run_gate
from groundwire_evaluators.gate.records import AnswerRecord
from groundwire_evaluators.gate.task_scores import scorer_of

Answering = Callable[[str, Sequence[str]], str]


class GateCheck:
    """Quality gate for tests: fails where answers are worse.

    `strict`: also where they are not shown to be within every margin. `margins`: a TOML file over
    the shipped one. `task`: a task score by name, as `groundwire gate --task` takes it.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        strict: bool = False,
        margins: Path | None = None,
        task: str | None = None,
    ) -> None:
        self._strict = strict
        self._rules = load_rules(margins)
        scorer = scorer_of(task) if task else None
        self._measures = AnswerMeasures(evaluator, scorer)

    def check(
        self, candidate: Iterable[AnswerRecord] | Path, baseline: Iterable[AnswerRecord] | Path
    ) -> GateResult:
        """Compare answers (records, or a JSON Lines file) with those of the baseline.

        Raises:
            AssertionError: the candidate is worse; the message lists the measures.
            ValueError: a record is no answer, or nothing can be compared.
        """
        before, after = (self._measured(side) for side in (baseline, candidate))
        found = run_gate(before, after, self._rules)
        failing = {MeasureOutcome.WORSE} | ({MeasureOutcome.UNDECIDED} if self._strict else set())
        if found.outcome in failing:
            raise AssertionError("\n".join(_lines(found)))
        return found

    def ask(self, answering: Answering, baseline: Iterable[AnswerRecord] | Path) -> GateResult:
        """Ask a function (question, contexts) the baseline's questions, and compare its answers."""
        records = list(_records(baseline))
        answers = [
            {**_question(record), "answer": answering(record["question"], record["contexts"])}
            for record in records
        ]
        return self.check(answers, records)

    def _measured(self, side: Iterable[AnswerRecord] | Path) -> list[MeasuredAnswer]:
        return self._measures.measure(list(_records(side)))


def _records(side: Iterable[AnswerRecord] | Path) -> Iterable[AnswerRecord]:
    if not isinstance(side, Path):
        return side
    lines = side.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def _question(record: AnswerRecord) -> dict[str, object]:
    names = ("id", "question", "contexts", "reference", "rule", "stratum")
    return {name: record[name] for name in names if name in record}


def _lines(found: GateResult) -> Iterable[str]:
    yield f"the gate says: {found.outcome.value}"
    for name, each in found.baseline.decisions.items():
        if each.rule.decides and each.contrast is not None and each.interval is not None:
            low, high = each.interval
            yield (
                f"  {name}: {each.outcome.value}, {each.contrast.before:.3g} -> "
                f"{each.contrast.after:.3g} ({low:+.3g} to {high:+.3g})"
            )
    for before, after in found.lost[:5]:
        old, new = (f"{each.record.get('answer')!r:.80}" for each in (before, after))
        yield f"  lost {after.id}: {old} -> {new}"
