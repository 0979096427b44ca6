"""Ground truth of the recorded answers compared with what Groundwire flagged."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_WRONG = ("misread", "invented", "echo")
_EVALUATOR = "grounding"


def lines(
    turns: Iterable[Mapping[str, Any]], truths: Mapping[tuple[str, str, str], str]
) -> Iterator[str]:
    """One line a model: its answers from memory, otherwise wrong and right, and those flagged.

    `turns` are those of the collector's API, `truths` the classes by model, question and answer.
    An answer without a class, as a live model may give, is only counted.
    """
    tallies: dict[str, _Tally] = {}
    questions = {question for _, question, _ in truths}
    for turn in turns:
        if turn["closed_book"] or turn["question"] not in questions:
            continue
        key = (turn["model_version"], turn["question"], turn["answer"].strip())
        tally = tallies.setdefault(turn["model_version"], _Tally())
        if key in truths:
            tally.answers[truths[key]] += 1
            tally.flagged[truths[key]] += _is_flagged(turn)
        else:
            tally.unclassified += 1
    for model in sorted(tallies):
        yield f"{model}: {tallies[model].describe()}"


@dataclass
class _Tally:
    """Answers of one model by class, and how many of each class were flagged."""

    answers: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    unclassified: int = 0

    def describe(self) -> str:
        answers, flagged = self.answers, self.flagged
        wrong, wrong_flagged = (sum(part[name] for name in _WRONG) for part in (answers, flagged))
        found = (
            f"{answers['memory']} of {answers.total()} answers came from memory; Groundwire"
            f" flagged {flagged['memory']}. Wrong for other reasons: {wrong}, {wrong_flagged}"
            f" flagged. Right: {answers['right']}, {flagged['right']} flagged"
        )
        if not self.unclassified:
            return found
        return f"{found}. {self.unclassified} further answers differ from the recorded ones"


def _is_flagged(turn: Mapping[str, Any]) -> bool:
    return any(
        score["evaluator"] == _EVALUATOR and score["flagged"] is True for score in turn["scores"]
    )
