"""Evaluation events (`gen_ai.evaluation.result`): parsing and serialisation.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-events.md
"""

import math
from typing import Any

from groundwire_collector.storage.span import Json, SpanEvent
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

RESULT = "gen_ai.evaluation.result"
NAME = "gen_ai.evaluation.name"
VALUE = "gen_ai.evaluation.score.value"
LABEL = "gen_ai.evaluation.score.label"
EXPLANATION = "gen_ai.evaluation.explanation"
RESPONSE_ID = "gen_ai.response.id"
ERROR_TYPE = "error.type"
# Ours, beside those of the convention. An event that carries a revision is our own, come back.
REVISION = "groundwire.evaluation.revision"
STATE = "groundwire.evaluation.state"
SIGNAL = "groundwire.evaluation.signal."

RECEIVED_REVISION = "elsewhere"  # revision of received scores


def evaluation_of(event: SpanEvent) -> Evaluation | None:
    """Evaluation in a received event; None for other events and our own."""
    name = event.attributes.get(NAME)
    if event.name != RESULT or not isinstance(name, str) or REVISION in event.attributes:
        return None
    value, label = _number(event.attributes.get(VALUE)), event.attributes.get(LABEL)
    explanation = event.attributes.get(EXPLANATION)
    reason = explanation if isinstance(explanation, str) else None
    if ERROR_TYPE in event.attributes:
        error = str(event.attributes[ERROR_TYPE])
        return Evaluation(
            evaluator=name, revision=RECEIVED_REVISION, state=State.FAILED, reason=error
        )
    if value is None:
        missing = f"only a label was sent: {label}" if label else "no score was sent"
        return Evaluation(
            evaluator=name,
            revision=RECEIVED_REVISION,
            state=State.NOT_EVALUABLE,
            reason=reason or missing,
        )
    return Evaluation(
        evaluator=name, revision=RECEIVED_REVISION, state=State.SCORED, value=value, reason=reason
    )


def attributes_of(turn: Turn, evaluation: Evaluation) -> dict[str, Json]:
    """Event attributes of one of our evaluations, for another backend."""
    found: dict[str, Any] = {
        NAME: evaluation.evaluator,
        VALUE: evaluation.value,
        LABEL: _label(evaluation),
        EXPLANATION: evaluation.reason,
        RESPONSE_ID: turn.response_id,
        REVISION: evaluation.revision,
        STATE: str(evaluation.state),
        ERROR_TYPE: "evaluator_failed" if evaluation.state == State.FAILED else None,
    }
    signals = {f"{SIGNAL}{name}": value for name, value in evaluation.signals.items()}
    return {key: value for key, value in {**found, **signals}.items() if value is not None}


def _label(evaluation: Evaluation) -> str:
    if evaluation.state != State.SCORED or evaluation.flagged is None:
        return str(evaluation.state)
    return "flagged" if evaluation.flagged else "passed"


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
