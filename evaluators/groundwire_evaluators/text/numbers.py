"""Numbers, fractions and ordinals: "1 250", "1½", "third"."""

import unicodedata

from groundwire_evaluators.text.cursor import BLANKS, FRACTIONS, RANK_SUFFIXES, Cursor
from groundwire_evaluators.text.digits import parse_in
from groundwire_evaluators.text.numerals import MIXED
from groundwire_evaluators.text.quantity import Kind
from groundwire_evaluators.text.units import SCALES, unit

_GROUP_GAPS = BLANKS | {"'", "’"}
_PLAIN_SUFFIXES = {"en": frozenset(("st", "nd", "rd", "th"))}
_ARTICLES = frozenset(
    "der die das den dem im am zum le la les du au el al il lo nel o a do da no na de het".split()
)
# Value, value of the last digit, token after it, kind, and a second value the spelling allows.
Number = tuple[float, float, int, Kind, float | None]


class NumberReader(Cursor):
    """Reads the number that starts at a token."""

    def _digits(self) -> Number | None:
        at = self.first
        token = self.tokens[at]
        word = token.text
        if word[0] in FRACTIONS:
            return unicodedata.numeric(word[0]), 0.0, at + 1, "number", None
        if not word[0].isdecimal():
            return None
        number = parse_in(word, self.language)
        if number is None:
            return 0.0, 0.0, at + 1, "code", None
        value, step, other = number
        if token.start and self.text[token.start - 1] == "." and word.isdecimal():
            before = self.text[max(token.start - 2, 0) : token.start - 1]
            if not before or before in " (\xa0<>≤≥=~*$€£":
                return float("0." + word), 10.0 ** -len(word), at + 1, "number", None
        ranked = self._ranked(at)
        if ranked:
            return value, 0.0, ranked, "ordinal", None
        grouped = self._grouped(at) if word.isdecimal() else None
        if grouped:
            return (*grouped, "number", None)
        return self._fraction(value, step, other, at + 1)

    def _ranked(self, at: int) -> int | None:
        """Token after an ordinal suffix: "3rd", "3ème", "3º", "3. Tag"."""
        suffix = self._word(at + 1)
        suffixes = _PLAIN_SUFFIXES.get(self.language, RANK_SUFFIXES)
        if suffix in suffixes and self._gap(at + 1) == "" and self._word(at).isdecimal():
            return at + 2
        return None

    def _grouped(self, at: int) -> tuple[float, float, int] | None:
        """ "1 250 000", "1'250": groups of three with a blank or an apostrophe between."""
        digits, gap = self._word(at), self._gap(at + 1)
        if len(digits) > 3 or digits[0] == "0" or gap not in _GROUP_GAPS:
            return None
        if gap == " " and self._gap(at) in BLANKS and self._word(at - 1)[:1].isdecimal():
            return None
        until, decimals = at + 1, ""
        while self._gap(until) == gap and until - at < 6 and not decimals:
            group = self.tokens[until].text
            if not group[:3].isdecimal() or len(group[:3]) < 3 or group[3:4] not in ("", ".", ","):
                break
            digits, decimals = digits + group[:3], group[4:]
            until += 1
        if until == at + 1 or not (decimals.isdecimal() or not decimals):
            return None
        if decimals:
            return float(f"{digits}.{decimals}"), 10.0 ** -len(decimals), until
        plain = digits.rstrip("0")
        return float(digits), 10.0 ** (len(digits) - len(plain)), until

    def _fraction(self, value: float, step: float, other: float | None, until: int) -> Number:
        """Add the fraction that follows, if any: "3/4", "1½", "1 1/2", "2 and a half"."""
        token = self.tokens[until] if until < len(self.tokens) else None
        gap = self._gap(until)
        if token is not None and token.text[0] in FRACTIONS and gap in ("", " "):
            return value + unicodedata.numeric(token.text[0]), 0.0, until + 1, "number", None
        below = self._integer(until, 3)
        if below and gap == "/" and self._gap(until + 1) != "/" and 0 < value < below:
            return value / below, 0.0, until + 1, "number", None
        if below and gap == " " and self._gap(until + 1) == "/":
            under = self._integer(until + 1, 3)
            if under and below < under:
                return value + below / under, 0.0, until + 2, "number", None
        if gap == "" and token is not None and token.lower[0] == "e":
            power = token.lower[1:]
            if power.isdecimal() and len(power) <= 2:
                return (
                    value * 10.0 ** int(power),
                    step * 10.0 ** int(power),
                    until + 1,
                    "number",
                    None,
                )
        half = self._and_a_half(until)
        if half:
            return value + 0.5, 0.0, half, "number", None
        return value, step, until, "number", other

    def _and_a_half(self, at: int) -> int | None:
        """The token after "and a half", "y medio", "et demi"."""
        numerals = self.numerals
        if self._word(at) not in numerals.joiners or self._gap(at) not in BLANKS:
            return None
        after = at + 1
        after += self._word(after) in ("a", "one", "un", "une", "una", "een")
        return after + 1 if self._word(after) in numerals.halves else None

    def _spelled(self) -> Number | None:
        at, numerals = self.first, self.numerals
        words = self._run(at)
        word, then = words[0], words[1] if len(words) > 1 else ""
        if word in ("quarter", "third") and self._word(at - 1) == "a" and then in ("of", ""):
            return 1.0 / numerals.parts[word], 0.0, at + 1, "number", None
        if word in MIXED:
            return MIXED[word], 0.0, at + 1, "number", None
        if word in numerals.halves:
            return None if then in ("past", "of") and word != "half" else self._half(at)
        if word in numerals.dozen:
            return 12.0, 0.0, at + 1, "number", None
        value, used = numerals.read(words)
        if used and self._word(at + used) in numerals.dozen and used == 1:
            return 12.0 * value, 0.0, at + 2, "number", None
        if used == 1 and then in numerals.parts and (value < 10):
            whole = value if value else 1.0
            return whole / numerals.parts[then], 0.0, at + 2, "number", None
        if not used:
            return self._ordinal()
        if used == 1 and not self._is_certain_number(word, then):
            return self._ordinal()
        if word in ("hundred", "thousand", "million") and self._word(at - 1) != "a":
            return None
        half = self._and_a_half(at + used)
        if half:
            return value + 0.5, 0.0, half, "number", None
        return value, 1.0, at + used, "number", None

    def _half(self, at: int) -> Number:
        """ "Half", "half a million"."""
        until = at + 1
        then = self._word(until + 1)
        article = self._word(until) in ("a", "an", "una", "een", "eine")
        if article and (then in self.numerals.scales or unit(then, self.language)):
            until += 1
        scale = self.numerals.scales.get(self._word(until))
        if scale:
            return 0.5 * scale, 0.0, until + 1, "number", None
        return 0.5, 0.0, until, "number", None

    def _is_certain_number(self, word: str, then: str) -> bool:
        """Whether a lone word is a number: "one" and "eine" only before a unit or scale."""
        if word not in self.numerals.articles:
            return not (word == "second" or (word in self.numerals.ordinals and word != "once"))
        if then in self.numerals.scales or then in SCALES:
            return True
        found = unit(then, self.language)
        return found is not None and len(then) > 1

    def _ordinal(self) -> Number | None:
        at = self.first
        rank = self.numerals.ordinals.get(self._word(at))
        if rank is None or (self._opens_sentence(at) and self._gap(at + 1)[:1] in (",", ":")):
            return None
        if rank == 1.0 and self.language != "en" and not self._beside_article(at):
            return None
        return rank, 0.0, at + 1, "ordinal", None

    def _opens_sentence(self, at: int) -> bool:
        return at == 0 or any(mark in self._gap(at) for mark in ".!?\n:")

    def _beside_article(self, at: int) -> bool:
        return self._word(at - 1) in _ARTICLES
