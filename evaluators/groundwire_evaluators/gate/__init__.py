"""Quality gate: measures, margins and the decision between two versions."""

from groundwire_evaluators.gate.answer_measures import AnswerMeasures
from groundwire_evaluators.gate.decision import MeasureOutcome
from groundwire_evaluators.gate.margins import Better, MeasureRule, Rules, load_rules
from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.gate.quality_gate import GateResult, NotComparableError, run_gate

__all__ = [
    "AnswerMeasures",
    "Better",
    "GateResult",
    "MeasureOutcome",
    "MeasureRule",
    "MeasuredAnswer",
    "NotComparableError",
    "Rules",
    "load_rules",
    "run_gate",
]
