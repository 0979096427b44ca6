"""Words with their places, and the keys under which two spellings of a word meet."""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import Stemmer

# A number keeps its separators ("1,234.5"), a word its inner apostrophe and combining accents.
# Every alternative starts with another kind of character, so that matching never backs up.
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_](?:[^\W_]|[̀-ͯ]|['’](?=[^\W\d_]))*")
LONGEST_KEY = 64  # code points; longer "words" are hashes, base64 or worse
_CACHED_KEYS = 200_000


class Token(NamedTuple):
    """One word: its range in the text, its spelling and its key."""

    start: int
    end: int
    text: str
    key: str


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)


def fold(word: str) -> str:
    """Lower case, without accents and possessive: "Müller’s" → "muller"."""
    folded = word[:LONGEST_KEY].casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.replace("’", "'"))
        folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    return folded.removesuffix("'s").removesuffix("'")


class _Keys(dict[str, str]):
    """Spelling → stem, remembered; emptied when full, so that hostile text cannot grow it."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stem = _stemmer(language).stemWord

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHED_KEYS:
            self.clear()
        folded = fold(word)
        key = folded if folded[:1].isdigit() else self._stem(folded)
        if len(word) <= LONGEST_KEY:
            self[word] = key
        return key


@cache
def keys(language: str = "english") -> _Keys:
    """The key of every spelling in one language (a Snowball name): "Running" → "run"."""
    return _Keys(language)


def tokenize(text: str, language: str = "english") -> list[Token]:
    """The words of a text in order."""
    key = keys(language)
    return [
        Token(match.start(), match.end(), word := match.group(), key[word])
        for match in WORD.finditer(text)
    ]
