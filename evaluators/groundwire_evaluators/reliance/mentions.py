"""Mentions of an answer in a response: words, value, or name part."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.names import names
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import ENGLISH

_ARTICLES = frozenset({"a", "an", "the"})
_LIST = re.compile(r"\s*(?:,|;|\band\b|&|\bor\b)\s*", re.IGNORECASE)
_LEAD = re.compile(r"^(?:about|around|approximately|roughly|nearly|almost|over|up to|~)\s+", re.I)
_CLASSES = """
    college university school academy institute stadium arena hall museum city town county river
    lake mount mountain street road avenue park hotel hotels group company corporation inc ltd corp
    co agency board authority department national federal international royal general king queen
    prince princess saint st sir lord lady dr north south east west northern southern eastern
    western central new old great upper lower san los la le el club team party church island islands
    republic kingdom state states united union
"""
_HONORIFICS = frozenset({"mme", "mlle", "herr", "frau", "signor", "signora", "professor", "dr"})
_CLASS_WORDS = frozenset(_CLASSES.split())


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in the response that names an answer; code points, half-open."""

    start: int
    end: int
    rule: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Parsed spelling of an answer: words, value, list items."""

    text: str
    words: tuple[str, ...]
    value: Value | None
    beside: frozenset[str]  # words beside the value: "season" of "third season"
    items: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Response:
    """A response, read once; its values only where an answer is one."""

    text: str
    tokens: tuple[Token, ...]
    words: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> "Response":
        tokens = tuple(tokenize(text))
        return cls(text, tokens, tuple(fold(token.text) for token in tokens))

    @cached_property
    def values(self) -> tuple[Value, ...]:
        return tuple(find_values(self.text))

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Index of each word, not counting articles."""
        found: dict[str, list[int]] = {}
        for at, (_, word) in enumerate(self.content_words):
            found.setdefault(word, []).append(at)
        return found

    @cached_property
    def content_words(self) -> list[tuple[int, str]]:
        """Words other than articles, each with its index; all words if nothing else is left."""
        words = [(i, word) for i, word in enumerate(self.words) if word not in _ARTICLES]
        return words or list(enumerate(self.words))


@lru_cache(maxsize=4096)
def read_answer(text: str) -> Answer:
    words = _words(text)
    value, beside = _sole_value(_LEAD.sub("", text.strip()), words)
    items: tuple[tuple[str, ...], ...] = ()
    if value is None or value.kind is Kind.NAME:
        parts = tuple(_words(part) for part in _LIST.split(text))
        items = tuple(part for part in parts if part) if len(parts) > 1 else ()
    return Answer(text, words, value, beside, items)


def find_mentions(spellings: Sequence[str], response: Response) -> list[Mention]:
    """Full mentions of an answer in any of its spellings."""
    found: list[Mention] = []
    for spelling in spellings:
        answer = read_answer(spelling)
        found += _by_value(answer, response)
        if answer.value is None or answer.value.kind in (Kind.NAME, Kind.CODE, Kind.VERSION):
            found += _by_words(answer.words, response)
            found += _by_items(answer, response)
    return found


def find_parts(
    spellings: Sequence[str], response: Response, others: Sequence[str]
) -> list[Mention]:
    """Mentions by a part or another spelling that fits this answer and not the `others`."""
    against = [read_answer(other) for other in others]
    found: list[Mention] = []
    for spelling in spellings:
        answer = read_answer(spelling)
        for mention in (*_by_vaguer_value(answer, response), *_by_name(answer, response)):
            mentioned_words = set(_words(response.text[mention.start : mention.end]))
            if not any(mentioned_words & set(other.words) for other in against):
                found.append(mention)
        found += _by_spelling(answer, response)
    return found


def _words(text: str) -> tuple[str, ...]:
    folded = (fold(token.text) for token in tokenize(text))
    return tuple(word for word in folded if word not in _ARTICLES) or tuple(
        fold(token.text) for token in tokenize(text)
    )


def _sole_value(text: str, words: tuple[str, ...]) -> tuple[Value | None, frozenset[str]]:
    """The value that an answer is, up to words that say what it is a value of."""
    values = find_values(text)
    if len(values) != 1:
        return None, frozenset()
    value = values[0]
    rest = frozenset(_words(text[: value.start] + " " + text[value.end :]) if text else ())
    rest -= ENGLISH.stop
    if value.kind is Kind.NAME or len(rest) > 2 or len(words) > 8:
        return (value if value.kind is Kind.NAME and not rest else None), frozenset()
    if value.noun:
        rest |= {value.noun}
    return value, rest


def _by_words(words: tuple[str, ...], response: Response) -> Iterator[Mention]:
    """Runs of the answer's words, articles aside, on whole words."""
    if not words:
        return
    content = response.content_words
    for at in response.places.get(words[0], ()):
        if all(
            at + i < len(content) and content[at + i][1] == word for i, word in enumerate(words)
        ):
            first, last = content[at][0], content[at + len(words) - 1][0]
            yield Mention(response.tokens[first].start, response.tokens[last].end, "words")


def _by_items(answer: Answer, response: Response) -> Iterator[Mention]:
    """A list answer in another order: every item is named, near the others."""
    if len(answer.items) < 2:
        return
    places = [list(_by_words(item, response)) for item in answer.items]
    if all(places):
        start = min(each[0].start for each in places)
        end = max(each[0].end for each in places)
        if end - start <= 4 * len(answer.text) + 20:
            yield Mention(start, end, "list")


def _by_value(answer: Answer, response: Response) -> Iterator[Mention]:
    if answer.value is None or answer.value.kind is Kind.NAME:
        return
    for value in response.values:
        if _same_value(answer, value, response.text):
            yield Mention(value.start, value.end, f"value: {answer.value.kind}")


def _same_value(answer: Answer, value: Value, text: str) -> bool:
    """Whether a value of the response is the answer's, or more exact than it."""
    wanted = answer.value
    assert wanted is not None
    if Kind.VERSION in (wanted.kind, value.kind):
        return _version(wanted) == _version(value)
    if Kind.ORDINAL in (wanted.kind, value.kind):
        return _same_ordinal(answer, wanted, value, text)
    if isinstance(wanted.meaning, Quantity) and isinstance(value.meaning, Quantity):
        if wanted.noun and value.noun and wanted.noun != value.noun:
            return False
        return wanted.matches(value) or (wanted.kind is not Kind.DATE and value.matches(wanted))
    return wanted.matches(value)


def _version(value: Value) -> str:
    return re.sub(r"^\D+", "", value.text).rstrip(".").lower()


def _same_ordinal(answer: Answer, wanted: Value, value: Value, text: str) -> bool:
    """ "season 3" and "the 3rd season" for "third season"; a bare "3" only beside its noun."""
    if not (isinstance(wanted.meaning, Quantity) and isinstance(value.meaning, Quantity)):
        return False
    if wanted.meaning.value != value.meaning.value:
        return False
    if wanted.kind is value.kind:
        return True
    before = _words(text[max(0, value.start - 20) : value.start])
    return bool(before and before[-1] in answer.beside) or value.noun in answer.beside


def _by_vaguer_value(answer: Answer, response: Response) -> Iterator[Mention]:
    """A vaguer date or a rounded number: "1960" for "5 September 1960"."""
    if answer.value is None or answer.value.kind is Kind.NAME:
        return
    for value in response.values:
        if value.kind is answer.value.kind and value.matches(answer.value):
            yield Mention(value.start, value.end, "vaguer value")


def _by_name(answer: Answer, response: Response) -> Iterator[Mention]:
    """A surname, or a name without its class word: "Gettysburg" for "Gettysburg College"."""
    telling = _telling_words(answer)
    if not telling:
        return
    own = set(answer.words)
    short = len(response.tokens) <= 3
    if short and response.words and set(response.words) <= own and telling & set(response.words):
        yield Mention(response.tokens[0].start, response.tokens[-1].end, "part of a name")
        return
    for name in names(response.text):
        name_words = set(name.words) - _HONORIFICS
        if name_words and name_words <= own and telling & name_words:
            yield Mention(name.start, name.end, "part of a name")


def _telling_words(answer: Answer) -> set[str]:
    """The surname, or the words before a class word; empty for non-names."""
    words = answer.words
    capitals = sum(word[:1].isupper() for word in re.findall(r"\w+", answer.text))
    if not 2 <= len(words) <= 5 or capitals < 2 or answer.items:
        return set()
    if answer.value is not None and answer.value.kind is not Kind.NAME:
        return set()
    telling = [word for word in words if word not in _CLASS_WORDS and len(word) > 2]
    if not telling or any(word.isdigit() for word in words):
        return set()
    return {telling[-1]} if words[-1] == telling[-1] else set(telling)


def _by_spelling(answer: Answer, response: Response) -> Iterator[Mention]:
    """The same names spelt otherwise: "Cindy" for "Cyndi", one letter doubled or not."""
    if len(answer.words) < 2 or (answer.value and answer.value.kind is not Kind.NAME):
        return
    key = [_sound(word) for word in answer.words]
    sounds = [_sound(word) for word in response.words]
    for at in range(len(sounds) - len(key) + 1):
        if sounds[at : at + len(key)] == key:
            first, last = response.tokens[at], response.tokens[at + len(key) - 1]
            yield Mention(first.start, last.end, "spelling")


def _sound(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word.replace("ph", "f").replace("y", "i"))
