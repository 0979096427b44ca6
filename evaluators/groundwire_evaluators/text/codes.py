"""E-mail addresses, URLs, paths and alphanumeric codes."""

import re

from groundwire_evaluators.text.cursor import FRACTIONS, Cursor
from groundwire_evaluators.text.digits import parse_in
from groundwire_evaluators.text.quantity import Quantity

# A word that holds one of these marks; each word is tried once, so that matching stays linear.
_MARKED = re.compile(r"(?<!\S)[^\s@/\\]*[@/\\]\S*")
_EXTENSIONS = (
    "txt|pdf|docx?|xlsx?|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|xml|html?|md|rst|py|js|ts|go|rs|"
    "java|sh|sql|log|zip|gz|tar|png|jpe?g|svg|env|lock"
)
_FILE = re.compile(rf"(?<![\w.@/\\-])[\w-]+\.(?:{_EXTENSIONS})(?![\w-])")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?![\w-])")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+\Z")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{1,9}://|www\.)\S+\Z", re.IGNORECASE)
_DOMAIN_PATH = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,10}/\S*\Z", re.IGNORECASE)
_PATH = re.compile(
    r"(?:~?/|\.{1,2}/|[a-z]:\\|\\\\)[^\s/\\]+(?:[/\\]\S*)?\Z|[^\s/]{2,}/\S+\.[a-z]\w{1,4}\Z|(?:[\w.-]+[/\\]){2,}[\w.-]*\Z",
    re.I,
)
_OPENING, _CLOSING = "([{<\"'“‘`*", ".,;:!?)]}>\"'”’`*"
_LONGEST = 200  # code points; longer ones are data
_LETTERS = re.compile(r"[^\W\d_]{1,6}[\d.]{1,12}\Z|[^\W_]{2,12}\Z")
_ROMAN_BEFORE = frozenset(
    "chapter part article section volume book phase type class kapitel teil artikel chapitre "
    "partie capítulo parte capitolo hoofdstuk deel title annex".split()
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_QUARTER = re.compile(r"q[1-4]\Z")


def find_addresses(text: str) -> list[Quantity]:
    """Find e-mail addresses, URLs, paths, file names and command-line flags, in order."""
    found: list[Quantity] = []
    if "@" in text or "/" in text or "\\" in text:
        for match in _MARKED.finditer(text):
            address = _address(match.group(), match.start())
            if address is not None:
                found.append(address)
    for mark, pattern in ((".", _FILE), ("--", _FLAG)):
        if mark in text:
            found += [
                Quantity(match.start(), match.end(), match.group(), "code")
                for match in pattern.finditer(text)
            ]
            found.sort(key=lambda each: each.start)
    return found


def _address(word: str, start: int) -> Quantity | None:
    bare = word.lstrip(_OPENING)
    start += len(word) - len(bare)
    bare = _closed(bare)
    if not 4 <= len(bare) <= _LONGEST or bare.replace("/", "").replace(".", "").isdecimal():
        return None
    known = _EMAIL.match(bare) or _LINK.match(bare) or _DOMAIN_PATH.match(bare) or _PATH.match(bare)
    return Quantity(start, start + len(bare), bare, "code") if known else None


def _closed(word: str) -> str:
    """Strip trailing punctuation, except a bracket that the word itself opened."""
    while (
        word
        and word[-1] in _CLOSING
        and not (word[-1] == ")" and word.count("(") >= word.count(")"))
    ):
        word = word[:-1]
    return word


def code_letters(word: str) -> bool:
    """Whether letters followed by digits are a code: "IP67", "v2.3.1", but not a hash."""
    return len(word) <= 16 and _LETTERS.match(word) is not None


class CodeReader(Cursor):
    """Reads a code, Roman number or phone number at a token."""

    def _letters(self) -> Quantity | None:
        """Letters with digits behind them, versions and Roman numbers: "IP67", "v2.3.1"."""
        token, at = self.tokens[self.first], self.first
        if token.text[0].isdecimal() or token.text[0] in FRACTIONS:
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
