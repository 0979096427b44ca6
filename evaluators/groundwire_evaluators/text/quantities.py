"""Numbers, amounts, dates, weekdays, times and codes in a text, normalised so that spellings meet.

"20 mg" is 0.02 grams, "zweihundertfünfzig" and "250" are one number, "3. September 2027" and
"2027-09-03" one date. Seven languages; linear in the text.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from groundwire_evaluators.text.bounds import (
    ADVERBS,
    EVERY,
    OFTEN,
    PERIODS,
    TIMES,
    bound_after,
    bound_before,
    rate,
)
from groundwire_evaluators.text.calendars import (
    MONTHS,
    SHORT_MONTHS,
    SHORT_WEEKDAYS,
    UNSURE_MONTHS,
    WEEKDAYS,
)
from groundwire_evaluators.text.clocks import ALWAYS, AT, BARE, HALVES, HOURS, NAMED
from groundwire_evaluators.text.codes import code_letters, find_addresses
from groundwire_evaluators.text.digits import parse, parse_in
from groundwire_evaluators.text.numerals import MIXED, NUMERALS
from groundwire_evaluators.text.quantity import (
    Kind,
    Quantity,
    agree,
    comparable,
    lookups,
)
from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.units import MONEY, SCALES, SYMBOLS, UNITS, Unit, unit
from groundwire_evaluators.text.words import ENGLISH

__all__ = ["Kind", "Quantity", "agree", "comparable", "lookups", "parse", "quantities"]

_GAPS = frozenset(("", " ", "-", "\xa0", "\u202f", "\u2009", "\u2011", "‑"))
_BLANKS = frozenset((" ", "\xa0", "\u202f", "\u2009"))
_GROUP_GAPS = _BLANKS | {"'", "’"}
_DASHES = frozenset("-–—−")
_MINUS = frozenset("-−–")
_MARKUP = str.maketrans("", "", "*_`")
_FRACTIONS = frozenset("½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘⅙⅚")
_SIGN_WORDS = {
    "en": ("minus", "negative"), "de": ("minus",), "fr": ("moins",), "es": ("menos",),
    "it": ("meno",), "pt": ("menos",), "nl": ("min", "minus"),
}  # fmt: skip
_RANK_SUFFIXES = frozenset(
    "st nd rd th er ère ere re e ème eme º ª o a te ten ter de ste °".split()
)
_PLAIN_SUFFIXES = {"en": frozenset(("st", "nd", "rd", "th"))}
_OF = frozenset(("of", "de", "di", "van"))
_BEFORE_YEAR = frozenset((" ", ", ", "-", "\xa0", ",", ". ", " , ", "/"))
_ARTICLES = frozenset(
    "der die das den dem im am zum le la les du au el al il lo nel o a do da no na de het".split()
)
# Words that end a phrase: what follows them belongs to no number before.
_NO_ADJECTIVE = frozenset(
    "and or to per a an in of for on at by with from each every the before after than und oder "
    "pro in im am an auf bis für et ou par de du des pour à y o por al del en e ou a da do di per "
    "van op in voor is are was will must can may".split()
)
_RANGES = frozenset("to and bis und au à et a al y e tot en through or".split())
_ROMAN_BEFORE = frozenset(
    "chapter part article section volume book phase type class kapitel teil artikel chapitre "
    "partie capítulo parte capitolo hoofdstuk deel title annex".split()
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_PAST = {"half past": 30, "quarter past": 15, "quarter to": -15, "viertel nach": 15,
         "viertel vor": -15, "kwart over": 15, "kwart voor": -15}  # fmt: skip
_DECADES = {
    word: 10 * tens
    for tens, word in enumerate(
        "tens twenties thirties forties fifties sixties seventies eighties nineties".split(), 1
    )
}
_QUARTER = re.compile(r"q[1-4]\Z")
_MOST_WORDS = 12  # of one number in words
_CURRENCY_CODES = frozenset(
    word for word, each in UNITS.items() if each.dimension in MONEY and len(word) == 3
)


def quantities(
    text: str, tokens: Sequence[Token] | None = None, language: str = "en"
) -> list[Quantity]:
    """The quantities of a text in order; pass its `tokens` where they are at hand.

    `language` is an ISO 639-1 code and decides number words and marks ("1.500"). A lone "one" is
    a pronoun more often than a number and is not read as one.
    """
    tokens = tokenize(text) if tokens is None else tokens
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


class _Reader:
    """Reads the quantity that begins at one token; looks ahead a bounded number of tokens."""

    def __init__(self, text: str, tokens: Sequence[Token], language: str) -> None:
        self.text, self.tokens = text, tokens
        self.language = language if language in NUMERALS else "en"
        self.numerals = NUMERALS[self.language]
        self.months, self.days = MONTHS[self.language], WEEKDAYS[self.language]
        self.short_days = SHORT_WEEKDAYS[self.language]
        self.named = NAMED[self.language]
        self.openers = (
            self.numerals.starters | self.months.keys() | self.days.keys()
            | self.short_days.keys() | self.named.keys() | MIXED.keys() | {"viertel", "kwart"}
            | ADVERBS.keys() | OFTEN.keys() | EVERY[self.language]
            | ({"quarter", "third"} if self.language == "en" else set())
        )  # fmt: skip
        self.first = self.at = 0

    def opens(self, token: Token) -> bool:
        """Whether a quantity may begin at a token."""
        first = token.text[0]
        if first.isdecimal() or first in _FRACTIONS or token.lower in self.openers:
            return True
        if token.text[-1].isdecimal() or token.text in ("II", "III", "IV", "VI", "VII", "VIII"):
            return True
        prefixes = self.numerals.prefixes
        return bool(prefixes) and token.lower.startswith(prefixes)

    def read(self, at: int) -> tuple[list[Quantity], int]:
        """The quantities that begin at a token, and the index of the next token to look at."""
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

    # Looking at tokens

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
        """The words right before a token, back to a mark that ends a clause."""
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
            if gap.strip(" -\xa0\u202f/") or "\n" in gap:
                break
            found.append(self.tokens[at].lower)
            at += 1
        return found

    def _integer(self, at: int, digits: int) -> int | None:
        word = self._word(at)
        return int(word) if word.isdecimal() and len(word) <= digits else None

    def _make(self, kind: Kind, until: int, **values: object) -> Quantity:
        self.at = until
        start, end = self.tokens[self.first].start, self.tokens[until - 1].end
        return Quantity(start, end, self.text[start:end], kind, **values)  # type: ignore[arg-type]

    def _bounded(self, quantity: Quantity) -> Quantity:
        """With the limit that the words before or after set."""
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

    # How often

    def _often(self) -> Quantity | None:
        """ "Daily", "every day", "twice a week", "zweimal pro Woche"; a limit is none of it."""
        at, word = self.first, self._word(self.first)
        period = ADVERBS.get(word)
        if period:
            then = self._word(at + 1)
            of_a_noun = self._gap(at + 1) == " " and then.isalpha() and then not in ENGLISH.stop
            return None if of_a_noun else self._frequency(at + 1, 1.0, period)
        if word in EVERY[self.language]:
            period = PERIODS.get(self._word(at + 1))
            known = period and period != "person" and self._gap(at + 1) in _BLANKS
            return self._frequency(at + 2, 1.0, period) if period and known else None
        count = OFTEN.get(word)
        if count is None:
            return None
        words = self._words_after(at + 1)
        period, used = rate(words)
        if not period:
            return None
        return self._frequency(at + 1 + used, count, period)

    def _frequency(self, until: int, count: float, period: str) -> Quantity:
        return self._make(
            "amount", until, value=count, unit="times", per=period, step=1.0, face=count
        )

    # Days and dates

    def _weekday(self) -> Quantity | None:
        word, at = self._word(self.first), self.first
        day = self.days.get(word)
        if day is not None:
            until = at + 1
            if self._word(until) in ("feira", "feiras") and self._gap(until) in _GAPS:
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
            if self._word(after) in _RANK_SUFFIXES and self._gap(after) == "":
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
        if month and not (self._month(at + 1) and self._gap(at + 1) in _BLANKS):
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
        if self._word(at) in _OF and self._gap(at) in _BLANKS:
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
            if self._word(after) in _RANK_SUFFIXES and self._gap(after) == "":
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
        gap = self._gap(at + 1)
        if gap == ". " and word.count(".") == 1 and self._integer(at + 1, 4):
            return None
        a, b, c = (self._integer(at + i, 4) for i in range(3))
        if gap not in ("-", "/", ".") or self._gap(at + 2) != gap or not (a and b and c):
            return None
        if a >= 1000 and b <= 12 and c <= 31:
            return self._make("date", at + 3, date=(a, b, c))
        if c >= 1000 or (gap == "/" and c < 100 and len(self._word(at + 2)) == 2):
            year = c if c >= 1000 else 2000 + c
            if a <= 31 and b <= 31 and min(a, b) <= 12:
                return self._ordered(year, a, b, at + 3)
        return None

    def _ordered(self, year: int, a: int, b: int, until: int) -> Quantity:
        """Day and month in the order of the language; `other` where the other order fits too."""
        english = self.language == "en"
        month, day = (a, b) if (english and a <= 12) or b > 12 else (b, a)
        open_order = english and a <= 12 and b <= 12 and a != b
        return self._make("date", until, date=(year, month, day), other=0.0 if open_order else None)

    def _dotted_date(self, word: str) -> Quantity | None:
        parts = word.split(".")
        if not all(part.isdecimal() for part in parts) or len(word) > 10:
            return None
        a, b, c = map(int, parts)
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
        if word == "nineteen" and tens and self._gap(at + 1) in _GAPS:
            return self._make("number", at + 2, value=1900.0 + tens, unit="decade")
        return None

    # Times of day

    def _named_time(self) -> Quantity | None:
        word, at = self._word(self.first), self.first
        minutes = self.named.get(word)
        if minutes is None:
            return None
        return self._make("time", at + 1, value=minutes)

    def _spoken_time(self) -> Quantity | None:
        """ "Half past four", "Viertel nach acht", "halb fünf"."""
        at = self.first
        word, then = self._word(at), self._word(at + 1)
        shift = _PAST.get(f"{word} {then}")
        if self.language in ("de", "nl") and word in ("halb", "half"):
            hour = self.numerals.value(then)
            if 1 <= hour <= 12 and self._gap(at + 1) == " ":
                return self._clock(at + 2, 60 * hour - 30)
            return None
        if shift is None:
            return None
        hour = self.numerals.value(self._word(at + 2))
        number = self._integer(at + 2, 2)
        hour = float(number) if number is not None else hour
        return self._clock(at + 3, 60 * hour + shift) if 1 <= hour <= 12 else None

    def _clock(self, until: int, minutes: float) -> Quantity:
        until += self._word(until) in ALWAYS[self.language]
        half, until = self._half_of_day(until)
        if half:
            minutes = minutes % 720 + 720 * (half == "p")
            return self._make("time", until, value=minutes)
        return self._make("time", until, value=minutes, other=(minutes + 720) % 1440)

    def _time(self) -> Quantity | None:
        at = self.first
        read = self._hour(at)
        if read is None:
            return None
        hour, minute, after, sure = read
        marked = self._marker(after, sure)
        if marked is None:
            return None
        after, minute, sure = marked[0], marked[1] or minute, marked[2]
        half, until = self._half_of_day(after)
        if not (sure or half) or hour > 24 or minute > 59:
            return None
        if half:
            return self._make(
                "time", until, value=float(60 * (hour % 12 + 12 * (half == "p")) + minute)
            )
        minutes = float(60 * hour + minute)
        open_half = 1 <= hour <= 12 and (
            self.language == "en" or (not minute and after != at + 1)
        ) and not self.tokens[at].text.startswith("0")  # fmt: skip
        other = (minutes + 720.0) % 1440.0 if open_half else None
        return self._make("time", until, value=minutes, other=other)

    def _hour(self, at: int) -> tuple[int, int, int, bool] | None:
        """Hour, minute, the token after them, and whether their spelling is a time for sure."""
        word = self._word(at)
        hour = self._integer(at, 2)
        if hour is not None and hour <= 24:
            after = self._word(at + 1)
            if self._gap(at + 1) == ":" and len(after) == 2 and after.isdecimal():
                seconds = self._gap(at + 2) == ":" and len(self._word(at + 2)) == 2
                return hour, int(after), at + 2 + seconds, True
            if self._gap(at + 1) in ("", " ") and after[:1] == "h" and after[1:].isdecimal():
                return hour, int(after[1:3]), at + 2, len(after) == 3
            return hour, 0, at + 1, False
        if len(word) in (4, 5) and word[-3] == "." and word.replace(".", "").isdecimal():
            return int(word[:-3]), int(word[-2:]), at + 1, False
        return None

    def _marker(self, at: int, sure: bool) -> tuple[int, int, bool] | None:
        """Past a word that makes an hour a time of day ("Uhr"): index, minutes, whether sure."""
        word, language = self._word(at), self.language
        if self._gap(at) not in _GAPS:
            return at, 0, sure or self._bare(at)
        before = self._word(self.first - 1)
        behind = before in AT[language] or before.endswith(("'à", "’à"))
        if word in ALWAYS[language] or (word in HOURS[language] and (behind or sure)):
            minute = self._integer(at + 1, 2)
            if minute is not None and 0 < minute < 60 and self._gap(at + 1) in ("", " "):
                return at + 2, minute, True
            return at + 1, 0, True
        return at, 0, sure or self._bare(at)

    def _bare(self, after: int) -> bool:
        """Whether the hour stands behind words that only times follow: "a las 8"."""
        if self._word(self.first - 1) not in BARE.get(self.language, ()):
            return False
        return unit(self._word(after), self.language) is None or self._gap(after) not in _GAPS

    def _half_of_day(self, at: int) -> tuple[str, int]:
        word, gap = self._word(at), self._gap(at)
        if gap in _BLANKS or gap in ("", " '", " ’", ", "):
            if word in ("a", "p") and self._gap(at + 1) == "." and self._word(at + 1) == "m":
                return word, at + 2
            for phrase, half in HALVES.get(word, ()):
                if all(self._word(at + i) == each for i, each in enumerate(phrase)):
                    return half, at + len(phrase)
        return "", at

    # Codes

    def _letters(self) -> Quantity | None:
        """Letters with digits behind them, versions and Roman numbers: "IP67", "v2.3.1"."""
        token, at = self.tokens[self.first], self.first
        if token.text[0].isdecimal() or token.text[0] in _FRACTIONS:
            return None
        if not token.text[-1].isdecimal():
            return self._roman()
        if _QUARTER.match(token.lower):
            return self._make("ordinal", at + 1, value=float(token.lower[1]), unit="ordinal")
        until = at + 1
        while self._gap(until) == "." and self._word(until)[:1].isdecimal():
            until += 1
        end = self.tokens[until - 1].end
        if self._gap(self.first) == "" and self._word(self.first - 1).isdecimal():
            return None  # "4x4", "1e6"
        value = code_letters(self.text[token.start : end])
        return self._make("code", until) if value else None

    def _roman(self) -> Quantity | None:
        token = self.tokens[self.first]
        if not token.text.isupper() or self._word(self.first - 1) not in _ROMAN_BEFORE:
            return None
        values = [_ROMAN.get(letter, 0) for letter in token.lower]
        if not all(values):
            return None
        pairs = zip(values, [*values[1:], 0], strict=True)
        total = sum(-a if a < b else a for a, b in pairs)
        return self._make("number", self.first + 1, value=float(total), step=1.0)

    def _phone(self) -> Quantity | None:
        """ "040 118 229", "+49 40 118229", "(555) 010-4477": digits that are no amount."""
        at, start = self.first, self.tokens[self.first].start
        word = self._word(at)
        if not word.isdecimal():
            return None
        lead = self.text[start - 1 : start]
        until, digits, dashed = at + 1, len(word), True
        while until - at < 7 and self._word(until).isdecimal():
            gap = self._gap(until)
            if gap not in (" ", "-", "/", ") ", ")", "\xa0", "‑"):
                break
            dashed = dashed and (gap == "-" or gap.startswith(")"))
            digits += len(self._word(until))
            until += 1
        groups = until - at
        dialled = lead in ("+", "(") or (word[0] == "0" and len(word) > 2)
        if digits < 6 or not (
            (dialled and (groups > 1 or digits > 6)) or (groups > 2 and dashed and len(word) == 3)
        ):
            return None
        return self._make("code", until)

    def _list(self) -> list[Quantity] | None:
        """ "2,3,5,7" without blanks: one number each."""
        token = self.tokens[self.first]
        if token.text.count(",") < 2 or parse_in(token.text, self.language) is not None:
            return None
        parts = token.text.split(",")
        if not all(part.isdecimal() and len(part) <= 6 for part in parts):
            return None
        found, start = [], token.start
        for part in parts:
            value = float(part)
            found.append(Quantity(start, start + len(part), part, "number", value, step=1.0))
            start += len(part) + 1
        self.at = self.first + 1
        return found

    # Numbers

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

    def _times(self, value: float, until: int) -> Quantity | None:
        """ "Three times a year", "dos veces al año"."""
        if self._word(until) not in TIMES or self._gap(until) not in _BLANKS:
            return None
        period, used = rate(self._words_after(until + 1))
        return self._frequency(until + 1 + used, value, period) if period in PERIODS else None

    def _symbol(self, start: int) -> tuple[Unit | None, int]:
        """The currency before a number ("$", "US$", "EUR "), and where it begins."""
        before = self.text[max(start - 2, 0) : start]
        if before[-1:] in _BLANKS:
            before = before[:-1]
        symbol = SYMBOLS.get(before[-1:]) if before else None
        if symbol is not None and symbol.dimension in MONEY:
            return symbol, self.text.rindex(before[-1], 0, start)
        code = self._word(self.first - 1)
        if code in _CURRENCY_CODES and self._gap(self.first) in (*_BLANKS, ""):
            token = self.tokens[self.first - 1]
            if token.text.isupper():
                return UNITS[code], token.start
        return None, start

    def _sign(self, start: int) -> float:
        """-1 behind a minus that is no dash of a range, 1 otherwise."""
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

    def _digits(self) -> tuple[float, float, int, Kind, float | None] | None:
        at = self.first
        token = self.tokens[at]
        word = token.text
        if word[0] in _FRACTIONS:
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
        """The token after the ending of an ordinal: "3rd", "3ème", "3º", "3. Tag"."""
        suffix = self._word(at + 1)
        suffixes = _PLAIN_SUFFIXES.get(self.language, _RANK_SUFFIXES)
        if suffix in suffixes and self._gap(at + 1) == "" and self._word(at).isdecimal():
            return at + 2
        return None

    def _grouped(self, at: int) -> tuple[float, float, int] | None:
        """ "1 250 000", "1'250": groups of three with a blank or an apostrophe between."""
        digits, gap = self._word(at), self._gap(at + 1)
        if len(digits) > 3 or digits[0] == "0" or gap not in _GROUP_GAPS:
            return None
        if gap == " " and self._gap(at) in _BLANKS and self._word(at - 1)[:1].isdecimal():
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

    def _fraction(
        self, value: float, step: float, other: float | None, until: int
    ) -> tuple[float, float, int, Kind, float | None]:
        """With a fraction behind it: "3/4", "1½", "1 1/2", "2 and a half"; else as it is."""
        token = self.tokens[until] if until < len(self.tokens) else None
        gap = self._gap(until)
        if token is not None and token.text[0] in _FRACTIONS and gap in ("", " "):
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
        if self._word(at) not in numerals.joiners or self._gap(at) not in _BLANKS:
            return None
        after = at + 1
        after += self._word(after) in ("a", "one", "un", "une", "una", "een")
        return after + 1 if self._word(after) in numerals.halves else None

    def _run(self, at: int, most: int = _MOST_WORDS) -> list[str]:
        """The words from a token on, as far as blanks or hyphens join them."""
        found = [self._word(at)]
        while len(found) < most and self._gap(at + len(found)) in _GAPS:
            word = self._word(at + len(found))
            if not word:
                break
            found.append(word)
        return found

    def _spelled(self) -> tuple[float, float, int, Kind, float | None] | None:
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
            return self._rank()
        if used == 1 and not self._surely(word, then):
            return self._rank()
        if word in ("hundred", "thousand", "million") and self._word(at - 1) != "a":
            return None
        half = self._and_a_half(at + used)
        if half:
            return value + 0.5, 0.0, half, "number", None
        return value, 1.0, at + used, "number", None

    def _half(self, at: int) -> tuple[float, float, int, Kind, float | None]:
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

    def _surely(self, word: str, then: str) -> bool:
        """Whether a lone word is a number: "one" and "eine" only before a unit or a scale."""
        if word not in self.numerals.articles:
            return not (word == "second" or (word in self.numerals.ordinals and word != "once"))
        if then in self.numerals.scales or then in SCALES:
            return True
        found = unit(then, self.language)
        return found is not None and len(then) > 1

    def _rank(self) -> tuple[float, float, int, Kind, float | None] | None:
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

    def _scaled(
        self, value: float, step: float, other: float | None, until: int, money: bool
    ) -> tuple[float, float, float | None, int]:
        while until < self.first + 6 and self._gap(until) in _GAPS:
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
        """The unit behind a number, the token after it, and where it ends."""
        after = self.text[end : end + 12].lstrip(" \xa0\u202f*_`")
        mark = after[:1]
        if mark and mark in SYMBOLS and (mark != "$" or after[1:2] not in "0123456789"):
            return SYMBOLS[mark], until, self.text.index(mark, end) + 1
        if mark in ("°", "º", "˚"):
            scale = self._word(until)[:1]
            if scale in ("c", "f") and len(self._word(until)) == 1:
                return UNITS[f"°{scale}"], until + 1, self.tokens[until].end
            return None, until, end
        if until >= len(self.tokens) or self._gap(until) not in _GAPS:
            return None, until, end
        found, after_unit = self._unit_word(until)
        if found is None:
            found, after_unit = self._unit_of_time(until)
        return found, after_unit, self.tokens[after_unit - 1].end if found else end

    def _unit_of_time(self, at: int) -> tuple[Unit | None, int]:
        """ "6 unused days", "three working weeks": a unit of time behind one or two words."""
        for skipped in (1, 2):
            word, before = self._word(at + skipped), self._word(at + skipped - 1)
            joined = self._gap(at + skipped) in _BLANKS and before[:1].isalpha()
            if not joined or before in _NO_ADJECTIVE or self.numerals.opens(before):
                break
            found = unit(word, self.language)
            if found is not None and len(word) > 2 and found.dimension in ("duration", "calendar"):
                return found, at + skipped + 1
        return None, at

    def _unit_word(self, until: int) -> tuple[Unit | None, int]:
        word, then = self._word(until), self._word(until + 1)
        close = self._gap(until + 1) in _GAPS
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
        """The period of a rate behind an amount ("per month", "/month"), and the token after it."""
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
            if word in PERIODS or word in _NO_ADJECTIVE:
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
