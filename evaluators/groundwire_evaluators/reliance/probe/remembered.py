"""Values of training examples or an earlier edition in today's place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.values import Kind, Value, find_values

_SAME_FACT = 0.6  # of a sentence's content words, its value aside, in one earlier text
_SAME_TEXT = 0.5  # and of the earlier text's own
_COUNTED = (Kind.AMOUNT, Kind.COUNT, Kind.PERCENT)
_NUMBER = re.compile(r"\d[\d,.]*|[a-z]+(?:-[a-z]+)?(?= )", re.IGNORECASE)
_QUESTION = re.compile(r"[^.?!\n]*\?")


@dataclass(frozen=True, slots=True)
class RememberedValue:
    """Another value of a fact, with the questions about it."""

    text: str
    questions: tuple[str, ...] = ()


class EarlierTexts:
    """Training examples and sentences of an earlier edition."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = [(text, content_words(text)) for text in texts]

    def value_of(self, sentence: str, value: Value) -> RememberedValue | None:
        """The value that earlier texts give in the place of this one; None where it is the same.

        None too where they give several. Linear in the texts; about 1 µs each that shares no words.
        """
        frame = content_words(f"{sentence[: value.start]} {sentence[value.end :]}")
        known = find_values(sentence)
        found: dict[str, tuple[str, list[str]]] = {}
        for text, words in self._texts:
            common = len(frame & words)
            if not common or common < _SAME_FACT * len(frame):
                continue
            values = find_values(text)
            if common < _SAME_TEXT * len(content_words(_without(text, values))):
                continue
            if any(value.matches(each) for each in values):
                return None
            for each in values:
                other = _in_place_of(value, each, words)
                if other is not None and not _among(each, known):
                    found.setdefault(other.lower(), (other, []))[1].extend(_question(text))
        if len(found) != 1:
            return None
        [(other, questions)] = found.values()
        return RememberedValue(other, _different(questions))


def _in_place_of(value: Value, other: Value, words: frozenset[str]) -> str | None:
    """The other value as it would stand in the place of the first; None where it cannot.

    A bare number, as terse training answers give it, takes over the unit of the first, where
    the other's text has the unit among its `words`.
    """
    if other.kind is value.kind and value.comparable(other):
        return other.text
    number = _NUMBER.match(value.text)
    if other.kind is not Kind.NUMBER or value.kind not in _COUNTED or number is None:
        return None
    unit = value.text[number.end() :]
    return other.text + unit if unit.strip() and content_words(unit) <= words else None


def _question(text: str) -> list[str]:
    found = _QUESTION.search(text)
    return [found[0].strip()] if found else []


def _different(questions: Iterable[str]) -> tuple[str, ...]:
    """The questions without those that only frame another one ("Just to be sure, …")."""
    every = list(dict.fromkeys(questions))
    plain = [question.lower() for question in every]
    framed = [any(other in question and other != question for other in plain) for question in plain]
    return tuple(question for question, frame in zip(every, framed, strict=True) if not frame)


def _without(text: str, values: list[Value]) -> str:
    pieces, at = [], 0
    for value in values:
        pieces.append(text[at : value.start])
        at = value.end
    return " ".join([*pieces, text[at:]])


def _among(value: Value, others: list[Value]) -> bool:
    return any(value.matches(other) for other in others)
