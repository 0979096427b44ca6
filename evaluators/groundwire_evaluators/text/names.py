"""Names of people, places, organisations and things, told by their capitals; and their aliases."""
# ruff: noqa: E501  (tables of words and patterns)

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES

_JOINING = frozenset("of the de la le van von der den del di da du and for bin al".split())
_TITLES = frozenset(
    "mr mrs ms miss dr prof professor sir lord lady president senator king queen saint st "
    "captain general judge justice prince princess pope".split()
)
# Capitalised in English, but quantities or common words rather than names.
_NOT_NAMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may "
    "june july august september october november december i ok yes no am pm".split()
)
_ALIASES = {
    "us": "unitedstates", "usa": "unitedstates", "america": "unitedstates",
    "american": "unitedstates", "british": "unitedkingdom",
    "uk": "unitedkingdom", "britain": "unitedkingdom",
    "uae": "unitedarabemirates", "eu": "europeanunion", "un": "unitednations",
    "nyc": "newyork", "la": "losangeles", "ussr": "sovietunion",
}  # fmt: skip
_BOUNDARY = re.compile(r"[.!?:;•\n\r\"“”(\[|*#>-]")
_GAPS = frozenset((" ", "-", ".", ". ", " & ", "&", "’", "'"))
_MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Name:
    """A name: its range, its spelling and its words, folded and without titles and joining words."""

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
    text: str, tokens: Sequence[Token] | None = None, common: Container[str] = ENGLISH.stop
) -> list[Name]:
    """The names of a text in order.

    A capital at the start of a sentence says nothing: a single word there counts only when it is
    neither in `common` (everyday words, folded or as keys) nor a stop word, or stands capitalised inside a
    sentence elsewhere in the text.
    """
    tokens = tokenize(text) if tokens is None else tokens
    capitals = [at for at, token in enumerate(tokens) if token.text[0].isupper()]
    inside = {tokens[at].text for at in capitals if not _opens(text, tokens, at)}
    found: list[Name] = []
    until = 0
    for at in capitals:
        if at < until:
            continue
        until = _run(text, tokens, at)
        start = at
        if _opens(text, tokens, at) and not _certain(tokens, at, until, inside, common):
            start += 1
        name = _name(text, tokens, start, until)
        if name is not None:
            found.append(name)
    return found


def _opens(text: str, tokens: Sequence[Token], at: int) -> bool:
    """Whether a token begins a sentence, a quotation or a list item."""
    if at == 0:
        return True
    return _BOUNDARY.search(text, tokens[at - 1].end, tokens[at].start) is not None


def _certain(
    tokens: Sequence[Token], at: int, until: int, inside: set[str], common: Container[str]
) -> bool:
    word = tokens[at].text
    folded = fold(word)
    if folded in ENGLISH.stop:
        return False
    if until - at > 1 and word in inside:
        return True
    return word in inside or not (folded in common or tokens[at].key in common)


def _run(text: str, tokens: Sequence[Token], at: int) -> int:
    """The index after the last token of the run of capitals that begins at `at`."""
    end = at + 1
    while end < len(tokens) and end - at < _MOST_WORDS:
        gap = text[tokens[end - 1].end : min(tokens[end].start, tokens[end - 1].end + 4)]
        if gap not in _GAPS or (gap == ". " and len(tokens[end - 1].text) > 3):
            break
        if tokens[end].text[0].isupper():
            end += 1
        elif (
            tokens[end].text in _JOINING
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


def same_name(said: Name, shown: Name) -> bool:
    """Whether two names can be one: equal, an alias, initials, or a part ("Keefe", "Mary Keefe")."""
    if said.key == shown.key:
        return True
    short, long = sorted((said, shown), key=lambda name: len(name.words))
    if len(short.words) == 1 and len(long.words) > 1:
        word = short.words[0]
        return word in long.words or word == long.initials
    return set(short.words) <= set(long.words)


def everyday(language: str = "en") -> frozenset[str]:
    """The stop words of a language: the smallest `common` there is."""
    return LANGUAGES[language].stop
