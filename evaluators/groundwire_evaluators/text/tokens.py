"""Tokenizer: words with offsets and normalised keys."""
# ruff: noqa: E501  (tables of words and patterns)

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer

# A number keeps its separators ("1,234.5"), a word its inner apostrophe and combining accents.
# Every alternative starts with another kind of character, so that matching never backs up.
WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_](?:[^\W_]|[̀-ͯ]|['’](?=[^\W\d_]))*")
LONGEST_KEY = 64  # code points; longer "words" are hashes, base64 or worse
_CACHED_KEYS = 50_000
_CACHED_FORMS = 20_000
_LONGEST_CACHED = 16_000  # code points of a text whose words are cached


class Token(NamedTuple):
    """One word: range, spelling, key, lower case."""

    start: int
    end: int
    text: str
    key: str
    lower: str


def _forms(table: str) -> dict[str, str]:
    rows = (line.split() for line in table.split(","))
    return {form: base for base, *forms in rows for form in forms}


# Forms that a stemmer of suffixes cannot lead back. Where two words share a form ("found",
# "saw", "left"), it is the verb's more often in prose.
IRREGULAR = _forms(
    "arise arose arisen, awake awoke, bear bore borne, beat beaten, become became, begin began begun,"
    "bend bent, bet, bind bound, bite bit bitten, bleed bled, blow blew blown, break broke broken,"
    "breed bred, bring brought, build built, burn burnt, buy bought, catch caught,"
    "choose chose chosen, cling clung, come came, creep crept, deal dealt, dig dug, do did done,"
    "draw drew drawn, dream dreamt, drink drank drunk, drive drove driven, eat ate eaten,"
    "fall fell fallen, feed fed, feel felt, fight fought, find found, flee fled, fling flung,"
    "fly flew flown, forbid forbade forbidden, forget forgot forgotten, forgive forgave forgiven,"
    "freeze froze frozen, get got gotten, give gave given, go went gone, grind ground,"
    "grow grew grown, hang hung, have had has, hear heard, hide hid hidden, hold held, keep kept,"
    "kneel knelt, know knew known, lay laid, lead led, leave left, lend lent, lie lain,"
    "light lit, lose lost, make made, mean meant, meet met, pay paid, plead pled, prove proven,"
    "ride rode ridden, ring rang rung, rise rose risen, run ran, say said, see saw seen,"
    "seek sought, sell sold, send sent, shake shook shaken, shine shone, shoot shot,"
    "show shown, shrink shrank shrunk, sing sang sung, sink sank sunk, sit sat, sleep slept,"
    "slide slid, speak spoke spoken, spend spent, spin spun, split, spring sprang sprung,"
    "stand stood, steal stole stolen, stick stuck, sting stung, strike struck stricken,"
    "swear swore sworn, sweep swept, swim swam swum, swing swung, take took taken, teach taught,"
    "tear tore torn, tell told, think thought, throw threw thrown, understand understood,"
    "wake woke woken, wear wore worn, weave wove woven, weep wept, win won, wind wound,"
    "withdraw withdrew withdrawn, write wrote written, child children, man men, woman women,"
    "foot feet, tooth teeth, mouse mice, goose geese, person people, life lives, wife wives,"
    "knife knives, leaf leaves, half halves, self selves, good better best, bad worse worst,"
    "die death dead dying, analyze analyse, organize organise, favor favour, color colour,"
    "center centre, program programme, theater theatre, defense defence, gray grey, tire tyre"
)


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)


def fold(word: str) -> str:
    """Lower-case a word without accents and possessive: "Müller’s" → "muller"."""
    return _folded(word[:LONGEST_KEY])


@lru_cache(maxsize=50_000)
def _folded(word: str) -> str:
    folded = word.casefold()
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded.replace("’", "'"))
        folded = "".join(c for c in decomposed if not unicodedata.combining(c))
    return folded.removesuffix("'s").removesuffix("'")


class _Keys(dict[str, str]):
    """Cache of spelling → stem; cleared when full, so that hostile text cannot grow it."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._stem = _stemmer(language).stemWord
        self._irregular = IRREGULAR if language == "english" else {}

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHED_KEYS:
            self.clear()
        folded = fold(word)
        key = folded if folded[:1].isdigit() else self._stem(self._irregular.get(folded, folded))
        if len(word) <= LONGEST_KEY:
            self[word] = key
        return key


class _Forms(dict[str, tuple[str, str, str]]):
    """Cache of spelling → (spelling, key, lower case), shared by all tokens so spelled."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._keys = keys(language)

    def __missing__(self, word: str) -> tuple[str, str, str]:
        if len(self) >= _CACHED_FORMS:
            self.clear()
        lower, key = word.lower(), self._keys[word]
        lower = word if lower == word else lower
        forms = word, lower if key == lower else key, lower
        if len(word) <= LONGEST_KEY:
            self[word] = forms
        return forms


@cache
def _forms_in(language: str) -> _Forms:
    return _Forms(language)


@cache
def keys(language: str = "english") -> _Keys:
    """The key of every spelling in one language (a Snowball name): "Running" → "run"."""
    return _Keys(language)


def tokenize(text: str, language: str = "english") -> list[Token]:
    """The words of a text in order."""
    return list(
        _cached_tokens(text, language) if len(text) <= _LONGEST_CACHED else _tokens(text, language)
    )


def _tokens(text: str, language: str) -> list[Token]:
    forms = _forms_in(language)
    made = tuple.__new__  # a third of the time of Token(...)
    return [made(Token, (*match.span(), *forms[match.group()])) for match in WORD.finditer(text)]


def question_key(question: str | None) -> str:
    """Key of a question, equal up to case, punctuation and accents."""
    return " ".join(fold(token.text) for token in tokenize(question or ""))


# Several evaluators, and parts of one, read the same claims and chunks.
_cached_tokens = lru_cache(maxsize=32)(_tokens)
