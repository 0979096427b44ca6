"""Scores of answers to a retention set, by exact rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from groundwire_evaluators.forgetting.items import RetentionItem
from groundwire_evaluators.text.markup import UnfinishedError, without_reasoning


@dataclass(frozen=True, slots=True)
class RetentionScore:
    """Score of one item: 1 if the rule holds, else 0.

    `reason` says why it does not hold. `score` is None where there was no answer (a failed call):
    neither right nor wrong.
    """

    id: str
    kind: str
    score: int | None
    reason: str = ""


def score_retention(
    items: Iterable[RetentionItem], answers: Mapping[str, str | None]
) -> list[RetentionScore]:
    """Score the answers to a retention set, item by item.

    Answers by the item's id; scores in the order of the items.

    A reasoning block before the answer is left out; an answer that ends inside it scores 0. Two
    versions are compared item by item: the same ids in the same order. Price: microseconds an
    item, a JSON schema some 100.

    >>> from groundwire_evaluators.forgetting import score_retention, shipped_items
    >>> items = [item for item in shipped_items() if item.id == "capital-australia"]
    >>> score_retention(items, {"capital-australia": "**Canberra**."})[0].score
    1
    """
    return [_scored(item, answers.get(item.id)) for item in items]


def _scored(item: RetentionItem, answer: str | None) -> RetentionScore:
    if answer is None:
        return RetentionScore(item.id, item.kind, None, "no answer")
    try:
        failure = item.rule.failure(without_reasoning(answer).text.strip())
    except UnfinishedError as error:
        failure = str(error)
    return RetentionScore(item.id, item.kind, int(failure is None), failure or "")


def retained(scores: Iterable[RetentionScore]) -> dict[str, tuple[int, int]]:
    """Right and answered items by kind; of all under the empty name."""
    found: dict[str, tuple[int, int]] = {"": (0, 0)}
    for each in scores:
        if each.score is None:
            continue
        for kind in ("", each.kind):
            right, answered = found.get(kind, (0, 0))
            found[kind] = (right + each.score, answered + 1)
    return found
