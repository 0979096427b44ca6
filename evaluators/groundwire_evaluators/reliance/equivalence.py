"""Equivalence of two answers, and entailment of an answer by text."""

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.polarity import affirms, asks_yes_or_no
from groundwire_evaluators.reliance.values import Kind, Value, find_values

_SAME_WORDS = 0.6  # of the shorter answer's words that the other shares
_HELD_WORDS = 0.8  # of the answer's words that the text holds
_COUNTERS = (Kind.NUMBER, Kind.ORDINAL)


def equivalent(one: str, other: str, question: str) -> bool:
    """Whether two answers give the same value; yes/no questions by polarity, plain words by share.

    Values that stand in the question do not count. Where both answers give values, the first value
    of the shorter answer must be among those of the other.
    """
    if asks_yes_or_no(question):
        polarity = affirms(one, question, question), affirms(other, question, question)
        if None not in polarity:
            return polarity[0] is polarity[1]
    values = _answer_values(one, question), _answer_values(other, question)
    if all(values):
        short, long = sorted(values, key=len)
        return any(short[0].matches(each) or each.matches(short[0]) for each in long)
    words = _telling(one, question), _telling(other, question)
    if not all(words):
        return one.strip().lower() == other.strip().lower()
    return len(words[0] & words[1]) >= _SAME_WORDS * min(map(len, words))


def asserted_in(answer: str, text: str, question: str) -> bool:
    """Whether `text` holds every value of an answer, or nearly all its words where it has none."""
    if not text.strip():
        return False
    if asks_yes_or_no(question):
        polarity, held = affirms(answer, question, question), affirms(text, question, question)
        if polarity is not None and held is not None:
            return polarity is held
    values = _answer_values(answer, question)
    words = content_words(text)
    if values:
        known = find_values(text)
        return all(_held(value, known, words) for value in values)
    telling = _telling(answer, question)
    return len(telling & words) >= _HELD_WORDS * len(telling)


def _answer_values(answer: str, question: str) -> list[Value]:
    question_values = find_values(question)
    found = find_values(answer)
    novel = [value for value in found if not any(value.matches(each) for each in question_values)]
    exact = [value for value in novel if value.kind not in _COUNTERS]
    return exact or novel


def _held(value: Value, known: list[Value], words: frozenset[str]) -> bool:
    if any(value.matches(each) for each in known):
        return True
    return value.kind is Kind.NAME and content_words(value.text) <= words


def _telling(answer: str, question: str) -> frozenset[str]:
    words = content_words(answer)
    return words - content_words(question) or words
