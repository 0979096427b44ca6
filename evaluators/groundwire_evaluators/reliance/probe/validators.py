"""Validators of probe items, each with a reason for rejection."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.mentions import Response, find_mentions
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome
from groundwire_evaluators.reliance.polarity import affirms
from groundwire_evaluators.reliance.probe.item import AnswerType, ProbeItem, ProbeStratum
from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.tokens import fold, tokenize

SHORTEST_CONTEXT, LONGEST_CONTEXT = 60, 200  # words
_KINDS = {
    AnswerType.MONEY: {Kind.MONEY},
    AnswerType.DATE: {Kind.DATE},
    AnswerType.TIME: {Kind.TIME},
    AnswerType.WEEKDAY: {Kind.WEEKDAY},
    AnswerType.VERSION: {Kind.VERSION},
    AnswerType.QUANTITY: {Kind.AMOUNT, Kind.PERCENT, Kind.COUNT},
    AnswerType.NUMBER: {Kind.NUMBER, Kind.COUNT, Kind.ORDINAL},
}

Fault = tuple[str, str]  # the rule that is broken, and how
Validator = Callable[[ProbeItem], Fault | None]


@dataclass(frozen=True, slots=True)
class ItemRejection:
    """A rejected item: the rule it broke, and how."""

    id: str
    rule: str
    detail: str

    @property
    def reason(self) -> str:
        return f"{self.rule}: {self.detail}"


@dataclass(frozen=True, slots=True)
class ValidatedItems:
    """Valid items in order, and the rejections."""

    items: tuple[ProbeItem, ...]
    rejections: tuple[ItemRejection, ...]

    @property
    def reasons(self) -> Counter[str]:
        """Number of rejections per reason."""
        return Counter(each.rule for each in self.rejections)


def context_length(item: ProbeItem) -> Fault | None:
    for name in ("clean", "conflict"):
        words = len(getattr(item, name).split())
        # A stale item shows the text of today as it is, however short.
        shortest = 0 if item.stratum is ProbeStratum.STALE else SHORTEST_CONTEXT
        if not shortest <= words <= LONGEST_CONTEXT:
            return "context length", f"{name} has {words} words"
    return None


def answers_differ(item: ProbeItem) -> Fault | None:
    """Neither answer equals or contains the other."""
    for one in item.original_spellings:
        for other in item.substitute_spellings:
            words = _words(one), _words(other)
            if _within(*words) or _within(*reversed(words)):
                return "nested answers", f"{one!r} and {other!r}"
            if any(_equal(a, b) for a in find_values(one) for b in find_values(other)):
                return "equal answers", f"{one!r} and {other!r}"
    return None


def preserves_type(item: ProbeItem) -> Fault | None:
    """Both answers parse as the type, with the same currency or unit."""
    wanted = _KINDS.get(item.type)
    if wanted is None:
        return None
    values = [find_values(each) for each in (item.original, item.substitute)]
    if any(len(found) != 1 or found[0].kind not in wanted for found in values):
        return "type", f"{item.original!r} and {item.substitute!r} are not both {item.type}"
    if not values[0][0].comparable(values[1][0]):
        return "type", f"{item.original!r} and {item.substitute!r} have different units"
    return None


def original_is_gone(item: ProbeItem) -> Fault | None:
    """The conflict context names the original nowhere, under no spelling."""
    if item.type is AnswerType.BOOLEAN:
        return None
    if found := _named(item.original_spellings, item.conflict):
        return "left over", f"{found!r} still stands in the conflict context"
    return None


def answers_are_there(item: ProbeItem) -> Fault | None:
    """Each context contains its answer, and the labeller derives only that one."""
    if item.type is AnswerType.BOOLEAN:
        return _boolean(item)
    for text, spellings, name in (
        (item.clean, item.original_spellings, "clean"),
        (item.conflict, item.substitute_spellings, "conflict"),
        (item.support, item.original_spellings, "support"),
    ):
        if not _named(spellings, text):
            return "missing", f"the {name} context does not name {spellings[0]!r}"
    if found := _named(item.substitute_spellings, item.clean):
        return "left over", f"{found!r} stands in the clean context"
    return None


def question_is_open(item: ProbeItem) -> Fault | None:
    """The question contains neither answer."""
    if item.type is AnswerType.BOOLEAN:
        return None
    for spellings in (item.original_spellings, item.substitute_spellings):
        if found := _named(spellings, item.question):
            return "given away", f"{found!r} stands in the question"
    return None


def labels_hold(item: ProbeItem) -> Fault | None:
    """The labeller distinguishes the answers, bare and in a sentence."""
    for answer, wanted in (
        (item.substitute, Outcome.CONTEXT),
        (item.original, Outcome.PARAMETRIC),
    ):
        for response in (answer, f"{answer}.", f"The answer is {answer}."):
            found = label(as_conflict(item, response))
            if found.followed is not wanted:
                return "labels", f"{response!r} reads as {found.followed} ({found.rule})"
    return None


def one_claim_is_edited(item: ProbeItem) -> Fault | None:
    """A swap edits one stretch of text, which holds the answer."""
    if item.edit != "swap":
        return None
    clean, conflict = item.clean.split(), item.conflict.split()
    ahead = _common(clean, conflict)
    behind = _common(clean[ahead:][::-1], conflict[ahead:][::-1])
    changed = max(len(clean), len(conflict)) - ahead - behind
    longest = 12 if item.type is AnswerType.BOOLEAN else 6
    return ("wide edit", f"{changed} words changed") if changed > longest else None


PER_ITEM: tuple[Validator, ...] = (
    context_length,
    answers_differ,
    preserves_type,
    original_is_gone,
    answers_are_there,
    question_is_open,
    labels_hold,
    one_claim_is_edited,
)


def validate(items: Iterable[ProbeItem]) -> ValidatedItems:
    """Reject invalid items, and items that share a subject or named answer."""
    valid: list[ProbeItem] = []
    rejections: list[ItemRejection] = []
    seen: dict[str, ProbeItem] = {}
    for item in items:
        reason = next((found for check in PER_ITEM if (found := check(item))), None)
        reason = reason or _entity_again(item, seen)
        if reason is None:
            valid.append(item)
            seen.update(dict.fromkeys(_entities(item), item))
        else:
            rejections.append(ItemRejection(item.id, *reason))
    return ValidatedItems(tuple(valid), tuple(rejections))


def as_conflict(item: ProbeItem, response: str | None) -> ConflictCase:
    """Response as input of the labeller: the conflict context supports the substitute."""
    return ConflictCase(
        question=item.question,
        context_answer=item.substitute,
        context_answer_aliases=item.substitute_aliases,
        parametric_answer=item.original,
        parametric_answer_aliases=item.original_aliases,
        response=response,
    )


_NAMES = frozenset({AnswerType.PERSON, AnswerType.PLACE, AnswerType.ORGANISATION, AnswerType.NAME})


def _entities(item: ProbeItem) -> list[str]:
    entities = [item.subject]
    if item.type in _NAMES:
        entities += [item.original, item.substitute]
    return [" ".join(_words(entity)) for entity in entities]


def _entity_again(item: ProbeItem, seen: dict[str, ProbeItem]) -> Fault | None:
    for entity in _entities(item):
        other = seen.get(entity)
        if other is not None and not _same_fact(item, other):
            return "entity again", f"{entity!r} stands in {other.id} too"
    return None


def _same_fact(item: ProbeItem, other: ProbeItem) -> bool:
    """Whether both ask about one stale fact, in other words."""
    fact, its_other = ((each.stratum, each.support, each.original) for each in (item, other))
    return fact == its_other and item.stratum is ProbeStratum.STALE and item.id != other.id


def _boolean(item: ProbeItem) -> Fault | None:
    original_stance = affirms(item.clean, item.question, item.question)
    instead = affirms(item.conflict, item.question, item.question)
    if original_stance is None or instead is None or original_stance is instead:
        return "missing", "the two contexts do not answer yes and no"
    return None


def _named(spellings: Sequence[str], text: str) -> str | None:
    response = Response.read(text)
    return next((each for each in spellings if find_mentions([each], response)), None)


def _words(text: str) -> list[str]:
    words = [fold(token.text) for token in tokenize(text)]
    return [word for word in words if word not in ("the", "a", "an")] or words


def _within(short: list[str], long: list[str]) -> bool:
    return bool(short) and any(
        long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1)
    )


def _equal(one: Value, other: Value) -> bool:
    return one.kind is not Kind.NAME and (one.matches(other) or other.matches(one))


def _common(one: list[str], other: list[str]) -> int:
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if re.sub(r"\W", "", a) != re.sub(r"\W", "", b):
            return i
    return min(len(one), len(other))
