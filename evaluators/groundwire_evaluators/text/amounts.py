"""Amounts: numbers with sign, scale, unit, currency or rate."""

from dataclasses import replace

from groundwire_evaluators.text.bounds import PERIODS, rate
from groundwire_evaluators.text.cursor import BLANKS, GAPS, NO_ADJECTIVE
from groundwire_evaluators.text.frequencies import FrequencyReader
from groundwire_evaluators.text.numbers import NumberReader
from groundwire_evaluators.text.quantity import Kind, Quantity
from groundwire_evaluators.text.units import MONEY, SCALES, SYMBOLS, UNITS, Unit, unit

_MINUS = frozenset("-−–")
_SIGN_WORDS = {
    "en": ("minus", "negative"), "de": ("minus",), "fr": ("moins",), "es": ("menos",),
    "it": ("meno",), "pt": ("menos",), "nl": ("min", "minus"),
}  # fmt: skip
_CURRENCY_CODES = frozenset(
    word for word, each in UNITS.items() if each.dimension in MONEY and len(word) == 3
)


class AmountReader(NumberReader, FrequencyReader):
    """Reads the amount that starts at a token."""

    def _amount(self) -> Quantity | None:
        number = self._digits() or self._spelled()
        if number is None:
            return None
        value, step, until, kind, other = number
        if kind == "code":
            return self._make("code", until)
        if kind == "ordinal":
            return self._make("ordinal", until, value=value, unit="ordinal")
        start = self.tokens[self.first].start
        symbol, before = self._symbol(start)
        start = before if self.text[before].isalpha() else start
        value, step, other, until = self._scaled(value, step, other, until, symbol is not None)
        sign, end = self._sign(before), self.tokens[until - 1].end
        times = self._times(value, until)
        if times:
            return times
        measured, until, end = (symbol, until, end) if symbol else self._unit(until, end)
        half = self._and_a_half(until) if measured and value < 1000 else None
        if half:
            value, step, until, end = value + 0.5, 0.0, half, self.tokens[half - 1].end
        per, self.at = self._per(until, end, measured)
        text = self.text[start:end]
        if text.lower().endswith(("pound", "pounds")):
            other, factor = value, UNITS["pounds"].factor  # of money or of mass
        else:
            factor = measured.factor if measured else 1.0
            other = None if other is None else other * sign * factor
        made = Quantity(
            start, end, text, _kind(measured), value * sign * factor,
            measured.dimension if measured else None, step * factor, other=other, per=per,
            system=measured.system if measured else "", face=value * sign,
        )  # fmt: skip
        return _in_celsius(made, value * sign, step) if made.unit == "fahrenheit" else made

    def _symbol(self, start: int) -> tuple[Unit | None, int]:
        """Currency before a number ("$", "US$", "EUR "), and the offset where it starts."""
        before = self.text[max(start - 2, 0) : start]
        if before[-1:] in BLANKS:
            before = before[:-1]
        symbol = SYMBOLS.get(before[-1:]) if before else None
        if symbol is not None and symbol.dimension in MONEY:
            return symbol, self.text.rindex(before[-1], 0, start)
        code = self._word(self.first - 1)
        if code in _CURRENCY_CODES and self._gap(self.first) in (*BLANKS, ""):
            token = self.tokens[self.first - 1]
            if token.text.isupper():
                return UNITS[code], token.start
        return None, start

    def _sign(self, start: int) -> float:
        """-1 after a minus that is not the dash of a range, otherwise 1."""
        mark = self.text[start - 1 : start] if start else ""
        if mark and mark in _MINUS:
            before = self.text[max(start - 3, 0) : start - 1]
            if not before or before[-1] in " (\xa0:\n\t*":
                return (
                    1.0
                    if mark == "–" and before.strip()[-1:].isalnum()
                    else (-1.0 if not before.strip()[-1:].isdecimal() else 1.0)
                )
            return 1.0
        if self._word(self.first - 1) in _SIGN_WORDS[self.language]:
            before = self._word(self.first - 2)
            known = before[:1].isdecimal() or before in ("al", "lo", "o", "au", "ou", "ten")
            return 1.0 if known else -1.0
        return 1.0

    def _scaled(
        self, value: float, step: float, other: float | None, until: int, money: bool
    ) -> tuple[float, float, float | None, int]:
        while until < self.first + 6 and self._gap(until) in GAPS:
            word = self._word(until)
            scale = SCALES.get(word) or self.numerals.scales.get(word)
            if scale is None and word in ("m", "b"):
                upper = self.tokens[until].text.isupper()
                if (money or upper) and self._gap(until) == "":
                    scale = 1e6 if word == "m" else 1e9
            if scale is None:
                break
            if other is not None and value >= 1000:
                value, step = other, 0.0
            value, step, until, other = value * scale, step * scale, until + 1, None
        return value, step, other, until

    def _unit(self, until: int, end: int) -> tuple[Unit | None, int, int]:
        """Unit after a number, the token index after it, and its end offset."""
        after = self.text[end : end + 12].lstrip(" \xa0\u202f*_`")
        mark = after[:1]
        if mark and mark in SYMBOLS and (mark != "$" or after[1:2] not in "0123456789"):
            return SYMBOLS[mark], until, self.text.index(mark, end) + 1
        if mark in ("°", "º", "˚"):
            scale = self._word(until)[:1]
            if scale in ("c", "f") and len(self._word(until)) == 1:
                return UNITS[f"°{scale}"], until + 1, self.tokens[until].end
            return None, until, end
        if until >= len(self.tokens) or self._gap(until) not in GAPS:
            return None, until, end
        found, after_unit = self._unit_word(until)
        if found is None:
            found, after_unit = self._unit_of_time(until)
        return found, after_unit, self.tokens[after_unit - 1].end if found else end

    def _unit_of_time(self, at: int) -> tuple[Unit | None, int]:
        """ "6 unused days", "three working weeks": a unit of time behind one or two words."""
        for skipped in (1, 2):
            word, before = self._word(at + skipped), self._word(at + skipped - 1)
            joined = self._gap(at + skipped) in BLANKS and before[:1].isalpha()
            if not joined or before in NO_ADJECTIVE or self.numerals.opens(before):
                break
            found = unit(word, self.language)
            if found is not None and len(word) > 2 and found.dimension in ("duration", "calendar"):
                return found, at + skipped + 1
        return None, at

    def _unit_word(self, until: int) -> tuple[Unit | None, int]:
        word, then = self._word(until), self._word(until + 1)
        close = self._gap(until + 1) in GAPS
        if (word, then) in (("per", "cent"), ("por", "ciento"), ("por", "cento"), ("per", "cento"),
                            ("pour", "cent")):  # fmt: skip
            if self._word(until + 2)[:5] in ("punti",):
                return Unit("points", 1.0), until + 3
            return SYMBOLS["%"], until + 2
        if word in ("degrees", "degree", "grad", "degrés", "grados", "gradi", "graus", "graden"):
            if then in ("c", "f", "celsius", "fahrenheit"):
                return UNITS[f"°{then[0]}"], until + 2
            return None, until
        if close and word in ("business", "working") and then in ("day", "days"):
            return UNITS["workdays"], until + 2
        if word in ("jours", "días", "giorni", "dias") and then in (
            "ouvrables", "ouvrés", "hábiles", "laborables", "lavorativi", "úteis",
        ):  # fmt: skip
            return UNITS["workdays"], until + 2
        if word == "basis" and then == "points":
            return Unit("points", 0.01), until + 2
        if word in ("prozentpunkte", "prozentpunkten", "procentpunt", "procentpunten"):
            return Unit("points", 1.0), until + 1
        if word in ("points", "puntos", "punti", "pontos") and then in (
            "de", "porcentuales", "percentuali", "percentuais",
        ):  # fmt: skip
            return Unit("points", 1.0), until + 2 + (then == "de")
        if word in ("us", "u", "canadian", "australian") and then == "dollars":
            return UNITS["dollars"], until + 2
        found = unit(word, self.language)
        if found is None:
            return None, until
        if found.dimension == "percent" and then.startswith("point"):
            return Unit("points", 1.0), until + 2
        if found.dimension == "length":
            speed = self._speed(found, until + 1)
            if speed:
                return speed
        return found, until + 1

    def _speed(self, length: Unit, at: int) -> tuple[Unit, int] | None:
        """ "km/h", "kilometres per hour"."""
        word = self._word(at)
        if self._gap(at) != "/":
            if word not in ("per", "an", "pro", "par", "por", "all", "all'ora", "à"):
                return None
            if word != "all'ora":
                at += 1
            word = self._word(at)
        seconds = {"s": 1.0, "sec": 1.0, "second": 1.0}.get(word)
        if seconds is None:
            hours = "h hr hour stunde std heure l'heure hora ora all'ora uur"
            seconds = 3600.0 if word in hours.split() else None
        if seconds is None:
            return None
        return Unit("speed", length.factor / seconds, length.system), at + 1

    def _per(self, until: int, end: int, measured: Unit | None) -> tuple[str, int]:
        """Period of a rate after an amount ("per month", "/month"), and the next token index."""
        if self.text[end : end + 1] == "/" and until < len(self.tokens):
            period = PERIODS.get(self._word(until))
            if period and self._gap(until).strip(" €$£") in ("/", ""):
                return period, until + 1
            return "", until
        words = self._words_after(until, 5)
        period, used = rate(words)
        if period:
            return period, until + used
        for skipped in (1, 2) if measured is None or measured.dimension in MONEY else ():
            word = words[skipped - 1] if len(words) > skipped else ""
            if word in PERIODS or word in NO_ADJECTIVE:
                break
            period, used = rate(words[skipped:])
            if period:
                return period, until
        return "", until


def _kind(measured: Unit | None) -> Kind:
    if measured is None:
        return "number"
    if measured.dimension == "percent":
        return "percent"
    return "money" if measured.dimension in MONEY else "amount"


def _in_celsius(quantity: Quantity, degrees: float, step: float) -> Quantity:
    """Fahrenheit degrees as Celsius."""
    return replace(
        quantity, unit="celsius", value=(degrees - 32.0) * 5 / 9, step=min(step, 1.0) * 5 / 9
    )
