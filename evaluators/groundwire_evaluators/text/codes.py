"""E-mail addresses, URLs, paths and file names as whole values, and codes of letters and digits."""

import re

from groundwire_evaluators.text.quantity import Quantity

# A word that holds one of these marks; each word is tried once, so that matching stays linear.
_MARKED = re.compile(r"(?<!\S)[^\s@/\\]*[@/\\]\S*")
_EXTENSIONS = (
    "txt|pdf|docx?|xlsx?|csv|tsv|json|jsonl|ya?ml|toml|ini|cfg|conf|xml|html?|md|rst|py|js|ts|go|rs|"
    "java|sh|sql|log|zip|gz|tar|png|jpe?g|svg|env|lock"
)
_FILE = re.compile(rf"(?<![\w.@/\\-])[\w-]+\.(?:{_EXTENSIONS})(?![\w-])")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+\Z")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]{1,9}://|www\.)\S+\Z", re.IGNORECASE)
_DOMAIN_PATH = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,10}/\S*\Z", re.IGNORECASE)
_PATH = re.compile(
    r"(?:~?/|\.{1,2}/|[a-z]:\\|\\\\)[^\s/\\]+(?:[/\\]\S*)?\Z|\S+/\S+\.[a-z]\w{0,4}\Z|(?:[\w.-]+[/\\]){2,}[\w.-]*\Z",
    re.I,
)
_OPENING, _CLOSING = "([{<\"'“‘`*", ".,;:!?)]}>\"'”’`*"
_LONGEST = 200  # code points; longer ones are data
_LETTERS = re.compile(r"[^\W\d_]{1,6}[\d.]{1,12}\Z|[^\W_]{2,12}\Z")


def find_addresses(text: str) -> list[Quantity]:
    """The e-mail addresses, URLs, paths and file names of a text, in order."""
    found: list[Quantity] = []
    if "@" in text or "/" in text or "\\" in text:
        for match in _MARKED.finditer(text):
            address = _address(match.group(), match.start())
            if address is not None:
                found.append(address)
    if "." in text:
        found += [
            Quantity(match.start(), match.end(), match.group(), "code")
            for match in _FILE.finditer(text)
        ]
        found.sort(key=lambda each: each.start)
    return found


def _address(word: str, start: int) -> Quantity | None:
    bare = word.lstrip(_OPENING)
    start += len(word) - len(bare)
    bare = bare.rstrip(_CLOSING)
    if not 4 <= len(bare) <= _LONGEST or bare.replace("/", "").replace(".", "").isdecimal():
        return None
    known = _EMAIL.match(bare) or _LINK.match(bare) or _DOMAIN_PATH.match(bare) or _PATH.match(bare)
    return Quantity(start, start + len(bare), bare, "code") if known else None


def code_letters(word: str) -> bool:
    """Whether letters with digits behind them are a code: "IP67", "v2.3.1", no hash."""
    return len(word) <= 16 and _LETTERS.match(word) is not None
