"""Times of day: "9 a.m.", "16h30", "um 16 Uhr", "halb fünf"."""

from groundwire_evaluators.text.clocks import ALWAYS, AT, BARE, HALVES, HOURS
from groundwire_evaluators.text.cursor import BLANKS, GAPS, Cursor
from groundwire_evaluators.text.quantity import Quantity
from groundwire_evaluators.text.units import unit

_PAST = {"half past": 30, "quarter past": 15, "quarter to": -15, "viertel nach": 15,
         "viertel vor": -15, "kwart over": 15, "kwart voor": -15}  # fmt: skip


class TimeReader(Cursor):
    """Reads the time of day that starts at a token."""

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
        if half and hour <= 12:
            hour = hour % 12 + 12 * (half == "p")
            return self._make("time", until, value=float(60 * hour + minute))
        minutes = float(60 * hour + minute)
        open_half = 1 <= hour <= 12 and (
            self.language == "en" or (not minute and after != at + 1)
        ) and not self.tokens[at].text.startswith("0")  # fmt: skip
        other = (minutes + 720.0) % 1440.0 if open_half else None
        return self._make("time", until, value=minutes, other=other)

    def _hour(self, at: int) -> tuple[int, int, int, bool] | None:
        """Hour, minute, next token index, and whether the spelling is certainly a time."""
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
        """Skip a word that marks an hour as a time ("Uhr"): index, minutes, certainty."""
        word, language = self._word(at), self.language
        if self._gap(at) not in GAPS:
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
        return unit(self._word(after), self.language) is None or self._gap(after) not in GAPS

    def _half_of_day(self, at: int) -> tuple[str, int]:
        word, gap = self._word(at), self._gap(at)
        if gap in BLANKS or gap in ("", " '", " ’", ", "):
            if word in ("a", "p") and self._gap(at + 1) == "." and self._word(at + 1) == "m":
                return word, at + 2
            for phrase, half in HALVES.get(word, ()):
                if all(self._word(at + i) == each for i, each in enumerate(phrase)):
                    return half, at + len(phrase)
        return "", at
