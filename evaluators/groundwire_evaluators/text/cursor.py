"""Cursor over tokens, shared by the readers of quantities."""

from collections.abc import Sequence
from functools import cache

from groundwire_evaluators.text.bounds import ADVERBS, EVERY, OFTEN
from groundwire_evaluators.text.calendars import MONTHS, SHORT_WEEKDAYS, WEEKDAYS
from groundwire_evaluators.text.clocks import NAMED
from groundwire_evaluators.text.numerals import MIXED, NUMERALS
from groundwire_evaluators.text.quantity import Kind, Quantity
from groundwire_evaluators.text.tokens import Token

GAPS = frozenset(("", " ", "-", "\xa0", "\u202f", "\u2009", "\u2011", "‑"))
FRACTIONS = frozenset("½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚")
BLANKS = frozenset((" ", "\xa0", "\u202f", "\u2009"))
_MARKUP = str.maketrans("", "", "*_`")
RANK_SUFFIXES = frozenset("st nd rd th er ère ere re e ème eme º ª o a te ten ter de ste °".split())
# Words that end a phrase: what follows them belongs to no number before.
NO_ADJECTIVE = frozenset(
    "and or to per a an in of for on at by with from each every the before after than und oder "
    "pro in im am an auf bis für et ou par de du des pour à y o por al del en e ou a da do di per "
    "van op in voor is are was will must can may".split()
)
_MOST_WORDS = 16  # of one number in words


@cache
def _openers(language: str) -> frozenset[str]:
    """The words that a quantity may begin with."""
    return frozenset(
        NUMERALS[language].starters | MONTHS[language].keys() | WEEKDAYS[language].keys()
        | SHORT_WEEKDAYS[language].keys() | NAMED[language].keys() | MIXED.keys()
        | {"viertel", "kwart"} | ADVERBS.keys() | OFTEN.keys() | EVERY[language]
        | ({"quarter", "third"} if language == "en" else set())
    )  # fmt: skip


class Cursor:
    """Tokens of a text with a current position."""

    def __init__(self, text: str, tokens: Sequence[Token], language: str) -> None:
        self.text, self.tokens = text, tokens
        self.language = language if language in NUMERALS else "en"
        self.numerals = NUMERALS[self.language]
        self.months, self.days = MONTHS[self.language], WEEKDAYS[self.language]
        self.short_days = SHORT_WEEKDAYS[self.language]
        self.named = NAMED[self.language]
        self.openers = _openers(self.language)
        self.first = self.at = 0

    def _word(self, at: int) -> str:
        return self.tokens[at].lower if 0 <= at < len(self.tokens) else ""

    def _gap(self, at: int) -> str:
        """The characters between token at-1 and token at, without marks of emphasis."""
        if not 0 < at < len(self.tokens):
            return "\n"
        start, end = self.tokens[at - 1].end, self.tokens[at].start
        gap = self.text[start : min(end, start + 8)]
        if len(gap) > 1 and ("*" in gap or "_" in gap or "`" in gap):
            return gap.translate(_MARKUP)
        return gap

    def _words_before(self, at: int, most: int) -> list[str]:
        """Words right before a token, back to punctuation that ends a clause."""
        found: list[str] = []
        while at > 0 and len(found) < most:
            gap = self._gap(at)
            if found and any(mark in gap for mark in ".;:\n!?("):
                break
            if not found and any(mark in gap for mark in ".;\n!?,"):
                break
            at -= 1
            found.append(self.tokens[at].lower)
        found.reverse()
        return found

    def _words_after(self, at: int, most: int = 4) -> list[str]:
        found: list[str] = []
        while at < len(self.tokens) and len(found) < most:
            gap = self._gap(at)
            if gap.strip(" -\xa0\u202f/€$£") or "\n" in gap:
                break
            found.append(self.tokens[at].lower)
            at += 1
        return found

    def _integer(self, at: int, digits: int) -> int | None:
        word = self._word(at)
        return int(word) if word.isdecimal() and len(word) <= digits else None

    def _run(self, at: int, most: int = _MOST_WORDS) -> list[str]:
        """Words from a token on, as long as blanks or hyphens join them."""
        found = [self._word(at)]
        while len(found) < most:
            after = at + len(found)
            if self._gap(after) not in GAPS and not self._number_continues(found[-1], after):
                break
            word = self._word(after)
            if not word:
                break
            found.append(word)
        return found

    def _number_continues(self, word: str, after: int) -> bool:
        """ "Six thousand, nine hundred": a comma within one number."""
        scaled = self._gap(after) == ", " and word in self.numerals.scales
        ahead = {self._word(after + 1), self._word(after + 2)}
        return scaled and not ahead.isdisjoint(("hundred", "thousand"))

    def _make(self, kind: Kind, until: int, **values: object) -> Quantity:
        self.at = until
        start, end = self.tokens[self.first].start, self.tokens[until - 1].end
        return Quantity(start, end, self.text[start:end], kind, **values)  # type: ignore[arg-type]
