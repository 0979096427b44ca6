"""Frequencies: "daily", "every day", "twice a week"."""

from groundwire_evaluators.text.bounds import ADVERBS, EVERY, OFTEN, PERIODS, TIMES, rate
from groundwire_evaluators.text.cursor import BLANKS, Cursor
from groundwire_evaluators.text.quantity import Quantity
from groundwire_evaluators.text.words import ENGLISH


class FrequencyReader(Cursor):
    """Reads the frequency that starts at a token."""

    def _often(self) -> Quantity | None:
        """Frequency in words: "daily", "every day", "twice a week", "zweimal pro Woche"."""
        at, word = self.first, self._word(self.first)
        period = ADVERBS.get(word)
        if period:
            then = self._word(at + 1)
            of_a_noun = self._gap(at + 1) == " " and then.isalpha() and then not in ENGLISH.stop
            return None if of_a_noun else self._frequency(at + 1, 1.0, period)
        if word in EVERY[self.language]:
            period = PERIODS.get(self._word(at + 1))
            known = period and period != "person" and self._gap(at + 1) in BLANKS
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

    def _times(self, value: float, until: int) -> Quantity | None:
        """ "Three times a year", "dos veces al año"."""
        if self._word(until) not in TIMES or self._gap(until) not in BLANKS:
            return None
        period, used = rate(self._words_after(until + 1))
        return self._frequency(until + 1 + used, value, period) if period in PERIODS else None
