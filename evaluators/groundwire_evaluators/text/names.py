"""Named entities by capitalisation, with aliases."""
# ruff: noqa: E501  (tables of words and patterns)

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from groundwire_evaluators.text.calendars import NO_NAMES
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES

_JOINING = frozenset("of the de la le van von der den del di da du and for bin al".split())
_TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir lord lady president senator king queen saint st "
    "captain general judge justice prince princess pope".split()
)
# Capitalised, but quantities or common words rather than names.
_NOT_NAMES = NO_NAMES | frozenset("i ok yes no am pm uhr ja nein si oui non sim nao nee".split())
# Before a name in German, where every noun has a capital.
_GERMAN_TITLES = frozenset("herr herrn frau dr prof professor familie firma".split())
_ALIASES = {
    "us": "unitedstates", "usa": "unitedstates", "america": "unitedstates",
    "american": "unitedstates", "british": "unitedkingdom",
    "uk": "unitedkingdom", "britain": "unitedkingdom",
    "uae": "unitedarabemirates", "eu": "europeanunion", "un": "unitednations",
    "wwi": "worldwar", "ww": "worldwar", "wwii": "worldwar", "nyc": "newyork", "la": "losangeles", "ussr": "sovietunion",
}  # fmt: skip
_BOUNDARY = re.compile(r"[.!?:;•\n\r\"“”(\[|*#>-]")
_GAPS = frozenset((" ", "-", ".", ". ", " & ", "&", "’", "'"))
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Name:
    """A name: range, spelling, and folded words without titles."""

    start: int
    end: int
    text: str
    words: tuple[str, ...]

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words)

    @property
    def key(self) -> str:
        joined = "".join(self.words)
        return _ALIASES.get(joined, joined)


def names(
    text: str,
    tokens: Sequence[Token] | None = None,
    common: Container[str] = ENGLISH.stop,
    language: str = "en",
) -> list[Name]:
    """Find the names of a text, in order.

    A capital at the start of a sentence is no evidence: a single word there counts only if it is
    neither in `common` (everyday words, folded or as keys) nor a stop word, or if it is capitalised
    inside a sentence elsewhere. `common` holds English words: in other languages only the second
    case counts. In German, where every noun is capitalised, a name is a run of capitalised words, a
    word in capitals ("BMW"), or what follows a title.
    """
    tokens = tokenize(text) if tokens is None else tokens
    stop = LANGUAGES[language].stop if language in LANGUAGES else ENGLISH.stop
    capitals = [at for at, token in enumerate(tokens) if token.text[0].isupper()]
    inside = {tokens[at].text for at in capitals if not _starts_sentence(text, tokens, at)}
    found = []
    for start, until in _runs(text, tokens, capitals, inside, common, language):
        if language != "en":
            while start < until and fold(tokens[start].text) in stop:
                start += 1
        if language == "de" and not _is_german_name(tokens, start, until):
            continue
        name = _name(text, tokens, start, until)
        if name is not None:
            found.append(name)
    return found


def _runs(
    text: str,
    tokens: Sequence[Token],
    capitals: Sequence[int],
    inside: set[str],
    common: Container[str],
    language: str,
) -> Iterator[tuple[int, int]]:
    """Token ranges of the runs of capitalised words that may be names."""
    until = 0
    for at in capitals:
        if at < until:
            continue
        until = _run(text, tokens, at, _JOINING if language != "de" else frozenset())
        start = at
        if _starts_sentence(text, tokens, at):
            if language == "en":
                certain = _is_name_at_start(tokens, at, until, inside, common)
            else:
                certain = tokens[at].text in inside or until - at > 1
            start += not certain
        yield start, until


def _is_german_name(tokens: Sequence[Token], start: int, until: int) -> bool:
    """Whether a run of capitalised words is a name rather than a noun."""
    words = [fold(token.text) for token in tokens[start:until]]
    words_left = [word for word in words if word not in _NOT_NAMES]
    if not words_left:
        return False
    if (start and fold(tokens[start - 1].text) in _GERMAN_TITLES) or words[0] in _GERMAN_TITLES:
        return True
    if len(words_left) > 1:
        return True
    return any(_has_inner_capital(token.text) for token in tokens[start:until])


def _has_inner_capital(word: str) -> bool:
    """Whether a word has capitals after its first letter: "BMW", "McDonald"."""
    return len(word) > 1 and any(letter.isupper() for letter in word[1:])


def _starts_sentence(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether a token starts a sentence, a quotation or a list item."""
    if at == 0:
        return True
    return _BOUNDARY.search(text, tokens[at - 1].end, tokens[at].start) is not None


def _is_name_at_start(
    tokens: Sequence[Token], at: int, until: int, inside: set[str], common: Container[str]
) -> bool:
    word = tokens[at].text
    folded = fold(word)
    if folded in ENGLISH.stop:
        return False
    if until - at > 1 and word in inside:
        return True
    return word in inside or not (folded in common or tokens[at].key in common)


def _run(text: str, tokens: Sequence[Token], at: int, joining: frozenset[str]) -> int:
    """Index after the last token of the capitalised run that starts at `at`."""
    end = at + 1
    while end < len(tokens) and end - at < _MOST_WORDS:
        gap = text[tokens[end - 1].end : min(tokens[end].start, tokens[end - 1].end + 4)]
        if gap not in _GAPS or (gap == ". " and len(tokens[end - 1].text) > 3):
            break
        if tokens[end].text[0].isupper():
            end += 1
        elif (
            tokens[end].text in joining
            and end + 1 < len(tokens)
            and tokens[end + 1].text[0].isupper()
            and text[tokens[end].end : tokens[end + 1].start] == " "
            and tokens[end].text not in ("and", "for")
        ):
            end += 2
        else:
            break
    return end


def _name(text: str, tokens: Sequence[Token], start: int, until: int) -> Name | None:
    words = []
    for token in tokens[start:until]:
        folded = fold(token.text)
        if folded not in _TITLES and folded not in _JOINING and folded not in _NOT_NAMES:
            words.append(folded)
    if not words or all(word in ENGLISH.stop and word not in _ALIASES for word in words):
        return None
    first, last = tokens[start].start, tokens[until - 1].end
    return Name(first, last, text[first:last], tuple(words))


def same_name(claimed: Name, shown: Name) -> bool:
    """Whether two names can be one: equal, an alias, initials, or a part ("Keefe", "Mary Keefe")."""
    if claimed.key == shown.key:
        return True
    short, long = sorted((claimed, shown), key=lambda name: len(name.words))
    if len(short.words) == 1 and len(long.words) > 1:
        word = short.words[0]
        return word in long.words or word == long.initials
    return set(short.words) <= set(long.words)
