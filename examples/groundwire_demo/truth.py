"""Ground truth of the recorded answers compared with what Groundwire flagged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_WRONG = ("misread", "invented", "echo")
_EVALUATOR = "grounding"


def lines(
    turns: Iterable[Mapping[str, Any]], truths: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """One line a model: its answers from memory, otherwise wrong and right, and those flagged.

    `turns` are those of the collector's API, `truths` the classes by model and question.
    """
    answers: dict[str, Counter[str]] = {}
    flagged: dict[str, Counter[str]] = {}
    for turn in turns:
        model = turn["model_version"]
        found = truths.get((model, turn["question"]))
        if found is not None and not turn["closed_book"]:
            answers.setdefault(model, Counter())[found] += 1
            flagged.setdefault(model, Counter())[found] += _is_flagged(turn)
    for model in sorted(answers):
        yield _line(model, answers[model], flagged[model])


def _line(model: str, answers: Counter[str], flagged: Counter[str]) -> str:
    wrong, wrong_flagged = (sum(part[name] for name in _WRONG) for part in (answers, flagged))
    return (
        f"{model}: {answers['memory']} of {answers.total()} answers came from memory; Groundwire"
        f" flagged {flagged['memory']}. Wrong for other reasons: {wrong}, {wrong_flagged} flagged."
        f" Right: {answers['right']}, {flagged['right']} flagged"
    )


def _is_flagged(turn: Mapping[str, Any]) -> bool:
    return any(
        score["evaluator"] == _EVALUATOR and score["flagged"] is True for score in turn["scores"]
    )
