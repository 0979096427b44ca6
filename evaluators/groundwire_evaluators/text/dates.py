"""Dates, weekdays and decades: "Mon–Fri", "3.–5. Mai 2024", "2024-05-03"."""

from groundwire_evaluators.text.calendars import SHORT_MONTHS, UNSURE_MONTHS
from groundwire_evaluators.text.cursor import BLANKS, GAPS, RANK_SUFFIXES, Cursor
from groundwire_evaluators.text.quantity import Quantity

_DASHES = frozenset("-–—−")
_OF = frozenset(("of", "de", "di", "van"))
_BEFORE_DAY = frozenset("am bis vom zum ab dem seit op".split())
_BEFORE_YEAR = frozenset((" ", ", ", "-", "\xa0", ",", ". ", " , ", "/"))
_RANGES = frozenset("to and bis und au à et a al y e tot en through or".split())
_DECADES = {
    word: 10 * tens
    for tens, word in enumerate(
        "tens twenties thirties forties fifties sixties seventies eighties nineties".split(), 1
    )
}


class DateReader(Cursor):
    """Reads the weekday, date or decade that starts at a token."""

    def _weekday(self) -> Quantity | None:
        word, at = self._word(self.first), self.first
        day = self.days.get(word)
        if day is not None:
            until = at + 1
            if self._word(until) in ("feira", "feiras") and self._gap(until) in GAPS:
                until += 1
            elif self.language == "pt" and word not in ("sábado", "sábados", "sabado", "domingo",
                                                        "domingos"):  # fmt: skip
                return None
            return self._make("weekday", until, value=float(day))
        day = self.short_days.get(word)
        if day is None or not self.tokens[at].text[0].isupper() or not self._beside_a_day(at):
            return None
        return self._make("weekday", at + 1, value=float(day))

    def _beside_a_day(self, at: int) -> bool:
        """Whether a short form stands in a row of days or before a time: "Mon–Fri", "Sa 9–12"."""
        for near in (at - 1, at + 1, at + 2, at - 2):
            if not 0 <= near < len(self.tokens):
                continue
            token = self.tokens[near]
            if token.text[0].isupper() and (
                token.lower in self.short_days or token.lower in self.days
            ):
                return True
        return self._gap(at + 1) in (" ", ": ", ". ", ", ") and self._word(at + 1)[:1].isdecimal()

    def _day(self, at: int) -> tuple[int, int] | None:
        """A day of the month in digits or words, and the token after it."""
        day = self._integer(at, 2)
        if day is not None:
            after = at + 1
            if self._word(after) in RANK_SUFFIXES and self._gap(after) == "":
                after += 1
            return (day, after) if 1 <= day <= 31 else None
        rank = self.numerals.ordinals.get(self._word(at))
        if rank is not None:
            return int(rank), at + 1
        if self.language != "en":
            value, used = self.numerals.read(self._run(at, 3))
            if used and 1 <= value <= 31:
                return int(value), at + used
        return None

    def _month(self, at: int) -> int | None:
        return self.months.get(self._word(at))

    def _date(self) -> Quantity | list[Quantity] | None:
        at = self.first
        month = self._month(at)
        if month and not (self._month(at + 1) and self._gap(at + 1) in BLANKS):
            return self._month_led(month)
        day = self._day(at)
        if day:
            number, after = day
            named = self._month_after(after)
            if named:
                return self._day_led(number, *named)
            ranged = self._day_range(number, after)
            if ranged:
                return ranged
        return self._numeric_date()

    def _month_after(self, at: int) -> tuple[int, int] | None:
        """The month named after a day, and the token after it."""
        if self._word(at) in _OF and self._gap(at) in BLANKS:
            at += 1
        month = self._month(at)
        if month and self._gap(at) in (" ", ". ", "-", "\xa0", ".", "\u202f", "/", "º "):
            return month, at + 1
        return None

    def _day_led(self, day: int, month: int, after: int) -> Quantity:
        year, until = self._year(after)
        return self._make("date", until, date=(year, month, day))

    def _day_range(self, first: int, after: int) -> list[Quantity] | None:
        """ "3–5 May", "vom 3. bis 5. Mai": two dates of one month."""
        joined = self._gap(after).strip(" .") in _DASHES
        then = after
        if not joined and self._word(after) in _RANGES and self._gap(after) in (" ", ". "):
            then, joined = after + 1, True
        day = self._day(then) if joined else None
        named = self._month_after(day[1]) if day else None
        if not day or not named or self._integer(then, 2) is None:
            return None
        year, until = self._year(named[1])
        start, middle = self.tokens[self.first].start, self.tokens[after - 1].end
        one = Quantity(start, middle, self.text[start:middle], "date", date=(year, named[0], first))
        start, end = self.tokens[then].start, self.tokens[until - 1].end
        self.at = until
        date = (year, named[0], day[0])
        return [one, Quantity(start, end, self.text[start:end], "date", date=date)]

    def _month_led(self, month: int) -> Quantity | list[Quantity] | None:
        at, word = self.first, self._word(self.first)
        capital = self.tokens[at].text[0].isupper()
        after = at + 1
        day = self._integer(after, 2) if self._gap(after) in (" ", ". ", "\xa0") else None
        if self.language == "en" and day and 1 <= day <= 31 and self._gap(after + 1) != ":":
            after += 1
            if self._word(after) in RANK_SUFFIXES and self._gap(after) == "":
                after += 1
            return self._second_day(month, day, after)
        year, until = self._year(after)
        unsure = word in UNSURE_MONTHS or word in SHORT_MONTHS or self.language == "en"
        if not year and unsure and (not capital or word in UNSURE_MONTHS):
            return None
        return self._make("date", until, date=(year, month, 0))

    def _second_day(self, month: int, day: int, after: int) -> Quantity | list[Quantity]:
        """ "May 3", and "May 3–5"."""
        last = self._integer(after, 2)
        if self._gap(after).strip() in _DASHES and last and day < last <= 31:
            year, until = self._year(after + 1)
            one = self._make("date", after, date=(year, month, day))
            start, end = self.tokens[after].start, self.tokens[until - 1].end
            self.at = until
            date = (year, month, last)
            return [one, Quantity(start, end, self.text[start:end], "date", date=date)]
        year, until = self._year(after)
        return self._make("date", until, date=(year, month, day))

    def _year(self, at: int) -> tuple[int, int]:
        after = at + (self._word(at) in ("of", "de", "del", "do") and self._gap(at) == " ")
        year = self._integer(after, 4)
        if year and year >= 1000 and self._gap(after) in _BEFORE_YEAR:
            return year, after + 1
        return 0, at

    def _numeric_date(self) -> Quantity | None:
        at = self.first
        word = self._word(at)
        if word.count(".") == 2:
            return self._dotted_date(word)
        if word.count(".") == 1 and self._word(at - 1) in _BEFORE_DAY:
            return self._dotted_day(word)
        gap = self._gap(at + 1)
        if gap == ". " and word.count(".") == 1 and self._integer(at + 1, 4):
            return None
        if gap == "/" and self._gap(at + 2) != "/":
            return self._day_and_month()
        a, b, c = (self._integer(at + i, 4) for i in range(3))
        if gap not in ("-", "/", ".") or self._gap(at + 2) != gap or not (a and b) or c is None:
            return None
        if a >= 1000 and b <= 12 and 1 <= c <= 31:
            return self._make("date", at + 3, date=(a, b, c))
        if c >= 1000 or (gap == "/" and c < 100 and len(self._word(at + 2)) == 2):
            year = c if c >= 1000 else _century(c)
            if a <= 31 and b <= 31 and min(a, b) <= 12:
                return self._ordered(year, a, b, at + 3)
        return None

    def _dotted_day(self, word: str) -> Quantity | None:
        """ "am 03.04.": two digits each behind a word of dates, in German and Dutch."""
        day, _, month = word.partition(".")
        if self.language not in ("de", "nl") or [len(day), len(month)] != [2, 2]:
            return None
        if not (1 <= int(day) <= 31 and 1 <= int(month) <= 12):
            return None
        return self._make("date", self.first + 1, date=(0, int(month), int(day)))

    def _day_and_month(self) -> Quantity | None:
        """ "12/05": two digits each, one part with a leading zero; "24/7" is none."""
        words = [self._word(self.first), self._word(self.first + 1)]
        if [len(word) for word in words] != [2, 2] or not any(word[0] == "0" for word in words):
            return None
        a, b = (self._integer(self.first + i, 2) for i in range(2))
        if not (a and b) or max(a, b) > 31 or min(a, b) > 12:
            return None
        return self._ordered(0, a, b, self.first + 2)

    def _ordered(self, year: int, a: int, b: int, until: int) -> Quantity:
        """Day and month in the language's order; `other` where both orders are valid."""
        english = self.language == "en"
        month, day = (a, b) if (english and a <= 12) or b > 12 else (b, a)
        open_order = english and a <= 12 and b <= 12 and a != b
        return self._make("date", until, date=(year, month, day), other=0.0 if open_order else None)

    def _dotted_date(self, word: str) -> Quantity | None:
        parts = word.split(".")
        if not all(part.isdecimal() for part in parts) or len(word) > 10:
            return None
        a, b, c = map(int, parts)
        if self.language != "en" and [len(part) for part in parts] == [2, 2, 2]:
            c, parts[2] = _century(c), "0000"
        if len(parts[0]) <= 2 and len(parts[2]) == 4 and 1 <= a <= 31 and 1 <= b <= 12:
            return self._make("date", self.first + 1, date=(c, b, a))
        if len(parts[0]) == 4 and 1 <= b <= 12 and 1 <= c <= 31 and a >= 1000:
            return self._make("date", self.first + 1, date=(a, b, c))
        return None

    def _decade(self) -> Quantity | None:
        """ "The 1930s", "the nineteen-thirties"."""
        at, word, then = self.first, self._word(self.first), self._word(self.first + 1)
        joined = self._gap(at + 1) in ("", "'", "’")
        if word.isdecimal() and len(word) == 4 and word[3] == "0" and then == "s" and joined:
            return self._make("number", at + 2, value=float(word), unit="decade")
        tens = _DECADES.get(then, 0)
        if word == "nineteen" and tens and self._gap(at + 1) in GAPS:
            return self._make("number", at + 2, value=1900.0 + tens, unit="decade")
        return None


def _century(year: int) -> int:
    """The year of two digits, from 1950 to 2049."""
    return 2000 + year if year < 50 else 1900 + year
