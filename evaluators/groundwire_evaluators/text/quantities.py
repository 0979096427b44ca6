"""Parser of numbers, amounts, dates, times and codes, normalised.

"20 mg" is 0.02 grams, "zweihundertfünfzig" and "250" are one number, "3. September 2027" and
"2027-09-03" are one date. Seven languages; linear in the text.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from groundwire_evaluators.text.amounts import AmountReader
from groundwire_evaluators.text.bounds import bound_after, bound_before
from groundwire_evaluators.text.codes import CodeReader, find_addresses
from groundwire_evaluators.text.cursor import FRACTIONS
from groundwire_evaluators.text.dates import DateReader
from groundwire_evaluators.text.digits import parse
from groundwire_evaluators.text.quantity import (
    Kind,
    Quantity,
    agree,
    can_replace,
    comparable,
    lookup_keys,
)
from groundwire_evaluators.text.times import TimeReader
from groundwire_evaluators.text.tokens import Token, tokenize

__all__ = [
    "Kind",
    "Quantity",
    "agree",
    "can_replace",
    "comparable",
    "lookup_keys",
    "parse",
    "quantities",
]

_LONGEST_CACHED = 16_000  # code points of a text whose quantities are cached


def quantities(
    text: str, tokens: Sequence[Token] | None = None, language: str = "en"
) -> list[Quantity]:
    """Parse the quantities of a text, in order; pass its `tokens` if available.

    `language` is an ISO 639-1 code and decides number words and separators ("1.500"). A lone "one"
    is usually a pronoun and is not parsed as a number.
    """
    wanted = _CacheKey(text, language, tokens)
    return list(_read_cached(wanted) if len(text) <= _LONGEST_CACHED else _parse(wanted))


class _CacheKey:
    """Cache key: equal texts have equal quantities in one language."""

    __slots__ = ("language", "text", "tokens")

    def __init__(self, text: str, language: str, tokens: Sequence[Token] | None) -> None:
        self.text, self.language, self.tokens = text, language, tokens

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _CacheKey)
            and self.language == other.language
            and self.text == other.text
            and self.tokens == other.tokens
        )


def _parse(wanted: _CacheKey) -> list[Quantity]:
    text, language = wanted.text, wanted.language
    tokens = tokenize(text) if wanted.tokens is None else wanted.tokens
    reader = _Reader(text, tokens, language)
    found: list[Quantity] = []
    addresses = find_addresses(text)
    at, size, upcoming = 0, len(tokens), 0
    while at < size:
        token = tokens[at]
        if upcoming < len(addresses) and token.start >= addresses[upcoming].start:
            address = addresses[upcoming]
            found.append(address)
            upcoming += 1
            while at < size and tokens[at].start < address.end:
                at += 1
        elif reader.opens(token):
            read, at = reader.read(at)
            found.extend(read)
        else:
            at += 1
    return found


# Several evaluators, and parts of one, read the same claims and chunks.
_read_cached = lru_cache(maxsize=32)(_parse)


class _Reader(DateReader, TimeReader, CodeReader, AmountReader):
    """Parses the quantity that starts at one token; its lookahead is bounded."""

    def opens(self, token: Token) -> bool:
        """Whether a quantity may start at a token."""
        first = token.text[0]
        if first.isdecimal() or first in FRACTIONS or token.lower in self.openers:
            return True
        if token.text[-1].isdecimal() or token.text in ("II", "III", "IV", "VI", "VII", "VIII"):
            return True
        prefixes = self.numerals.prefixes
        return bool(prefixes) and token.lower.startswith(prefixes)

    def read(self, at: int) -> tuple[list[Quantity], int]:
        """Parse the quantities that start at a token; returns them and the next token index."""
        self.first = self.at = at
        found = (
            self._named_time()
            or self._often()
            or self._weekday()
            or self._date()
            or self._time()
            or self._spoken_time()
            or self._letters()
            or self._decade()
            or self._phone()
            or self._list()
            or self._amount()
        )
        if found is None:
            return [], max(self.at, at + 1)
        each = found if isinstance(found, list) else [found]
        return [self._bounded(one) for one in each], max(self.at, at + 1)

    def _bounded(self, quantity: Quantity) -> Quantity:
        """Add the limit set by the words before or after."""
        if quantity.kind == "code":
            return quantity
        before = self._words_before(self.first, 8)
        temporal = (
            quantity.kind in ("date", "time", "weekday", "ordinal")
            or quantity.unit in ("duration", "calendar", "workday")
            or (quantity.kind == "number" and 1000 <= quantity.value <= 2100)
        )
        bound = bound_before(before, self.language, temporal)
        if bound.side:
            lead = self.tokens[self.first - bound.words].start
            return replace(quantity, bound=bound.side, lead=lead)
        after = bound_after(self._words_after(self.at), self.language)
        return replace(quantity, bound=after.side) if after.side else quantity
