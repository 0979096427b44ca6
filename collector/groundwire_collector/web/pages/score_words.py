"""Scores in words: who says what, and which end is bad."""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_evaluators.evaluation import Evaluation, State, Verdict

STATES = {
    State.REFUSAL: "The answer declines, so there is nothing to score.",
    State.NO_CONTEXT: "No chunk was given to the model, so there is nothing to compare with.",
    State.NO_CLAIMS: "Nothing in the answer claims anything.",
    State.NOT_EVALUABLE: "The turn cannot be judged.",
    State.FAILED: "The evaluator failed on this turn.",
    State.NOT_SAMPLED: "The turn was not drawn for this evaluator.",
}
BAD = frozenset({Verdict.UNSUPPORTED, Verdict.CONTRADICTED})


@dataclass(frozen=True, slots=True)
class ScoreWords:
    """One evaluator's result in words; `tone`: good, bad or ""."""

    evaluator: str
    revision: str
    value: str
    scale: str
    sentence: str
    tone: str
    reason: str


def score_words(evaluation: Evaluation) -> ScoreWords:
    """Result of an evaluator as a sentence."""
    sentence, scale, value = STATES.get(evaluation.state, ""), "", "–"
    tone = ""
    if evaluation.state is State.SCORED:
        sentence, scale, tone = _scored(evaluation)
        value = _number(evaluation.value)
    return ScoreWords(
        evaluation.evaluator,
        evaluation.revision,
        value,
        scale,
        sentence,
        tone,
        evaluation.reason or "",
    )


def signal_words(evaluations: Sequence[Evaluation]) -> list[tuple[str, str]]:
    """Short words of the scores for a list, each with its tone."""
    found = []
    for evaluation in evaluations:
        if evaluation.state is not State.SCORED or evaluation.value is None:
            continue
        value = evaluation.value
        if evaluation.evaluator == "grounding":
            found.append((f"faithfulness {value:.0%} (best 100%)", _tone(evaluation)))
        elif evaluation.evaluator == "override" and value > 0:
            found.append(("overrides its context", "bad"))
        elif evaluation.evaluator == "retrieval":
            found.append((f"retrieval {value:.0%} (best 100%)", ""))
    return found


def _scored(evaluation: Evaluation) -> tuple[str, str, str]:
    """Sentence, scale and tone of a scored evaluation."""
    name, value = evaluation.evaluator, evaluation.value or 0.0
    if name == "override":
        if value > 0:
            return "A value in the answer contradicts the chunks.", "0% is best", "bad"
        return "No value in the answer contradicts the chunks.", "0% is best", "good"
    if name == "retrieval":
        return "Relevance of the best chunk to the question.", "100% is best", ""
    if name == "context_gain":
        return "Gain of the answer's likelihood by its context.", "higher is better", ""
    if evaluation.claims or evaluation.flagged is not None:
        return _claims(evaluation), "100% is best", _tone(evaluation)
    return "Score of this evaluator.", "as the evaluator defines it", ""


def _claims(evaluation: Evaluation) -> str:
    judged = [c for c in evaluation.claims if c.verdict is not Verdict.NOT_A_CLAIM]
    supported = sum(claim.verdict is Verdict.SUPPORTED for claim in judged)
    flag = "flagged" if evaluation.flagged else "not flagged"
    if not judged:
        return f"The answer is {flag}."
    claims = "claim is" if len(judged) == 1 else "claims are"
    return f"{supported} of {len(judged)} {claims} supported by the chunks; the answer is {flag}."


def _tone(evaluation: Evaluation) -> str:
    if evaluation.flagged is None:
        return ""
    return "bad" if evaluation.flagged else "good"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0%}" if 0 <= value <= 1 else f"{value:.3g}"
