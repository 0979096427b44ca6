"""Typed masks, stable within a trace: `a@b.org` becomes `[EMAIL_1]`.

A masked turn can still be judged: a chunk and an answer that held the same value still agree.
"""

import functools
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from groundwire.mask_patterns import DEFAULT_MASKS, Mask

__all__ = ["DEFAULT_MASKS", "Mask", "Masks", "Redactor", "build", "keyed_hash"]

_DIGIT = re.compile(r"\d")
LONG_WORD = 11  # the least that a mask asks for by `word`
_MASKED = re.compile(r"\[[A-Z][A-Z0-9_]*_\d+\]")
CLEAN_CHARACTERS = 4_000_000  # of texts known to hold nothing to mask


class Masks:
    """Compiled masks, shared by SDK and collector."""

    def __init__(self, masks: Iterable[Mask]) -> None:
        self._masks = [_Compiled(mask) for mask in masks]

    def apply(self, text: str, number: Callable[[str, str], int]) -> str:
        """The text with each secret as `[NAME_n]`, where n is `number(NAME, secret)`.

        Returns the text itself where nothing is found.
        """
        places = _Places(text)
        for mask in self._masks:
            found = mask.masked(text, places, number)
            if found is not text:
                text, places = found, _Places(found)
        return text


class _Places:
    """Where hints begin in a text, each set of hints looked for once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lowered = text.lower()
        self.exact = len(self._lowered) == len(text)
        self._known: dict[tuple[str, ...], list[int]] = {}
        self._words: list[str] | None = None

    @functools.cached_property
    def digits(self) -> int:
        """How many decimal digits the text has."""
        if self._text.isascii():
            return len(self._text) - len(self._text.encode().translate(None, b"0123456789"))
        return len(_DIGIT.findall(self._text))

    def words(self, length: int) -> str:
        """The words of at least so many characters (`LONG_WORD` or more), joined by blanks."""
        if self._words is None:
            self._words = [word for word in self._text.split() if len(word) >= LONG_WORD]
        return " ".join(word for word in self._words if len(word) >= length)

    def of(self, hints: tuple[str, ...]) -> list[int]:
        """In the order of the text."""
        known = self._known.get(hints)
        if known is None:
            known = self._known[hints] = []
            find = self._lowered.find
            for hint in hints:
                place = find(hint)
                while place >= 0:
                    known.append(place)
                    place = find(hint, place + 1)
            known.sort()
        return known


class _Compiled:
    """A mask with its patterns compiled."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._pattern = re.compile(mask.pattern, mask.flags)
        self._probe = re.compile(mask.probe, mask.flags) if mask.probe else None
        self._group = "value" if "value" in self._pattern.groupindex else 0

    def masked(self, text: str, places: _Places, number: Callable[[str, str], int]) -> str:
        """The text with this kind of secret masked, or itself."""
        pieces: list[str] = []
        end = 0
        for match in self._matches(text, places):
            value = match.group(self._group)
            if self._mask.check is not None and not self._mask.check(value):
                continue
            if _MASKED.fullmatch(value):
                continue  # at the source, or by a surer pattern
            first, last = match.span(self._group)
            pieces += text[end:first], f"[{self._mask.name}_{number(self._mask.name, value)}]"
            end = last
        return "".join((*pieces, text[end:])) if pieces else text

    def _matches(self, text: str, places: _Places) -> Iterable[re.Match[str]]:
        if self._excluded(text, places):
            return ()
        hints = self._mask.hints
        found = places.of(hints) if hints else []
        if hints and not found:
            return ()
        if self._probe is not None and self._probe.search(text) is None:
            return ()
        if self._mask.anchored and places.exact:
            return self._at(found, text)
        return self._pattern.finditer(text)

    def _excluded(self, text: str, places: _Places) -> bool:
        """Whether a cheap look shows that nothing can be found; most texts end here."""
        mask = self._mask
        if mask.needs and not any(character in text for character in mask.needs):
            return True
        if mask.digits and places.digits < mask.digits:
            return True
        return bool(mask.word) and not self._in_words(places.words(mask.word))

    def _in_words(self, words: str) -> bool:
        """Whether words that are long enough may hold it: they are far less than the text."""
        hints = self._mask.hints
        if not hints:
            return self._pattern.search(words) is not None
        lowered = words.lower()
        return any(hint in lowered for hint in hints)

    def _at(self, places: Iterable[int], text: str) -> Iterator[re.Match[str]]:
        end = 0
        for place in places:
            if place >= end and (match := self._pattern.match(text, place)):
                yield match
                end = match.end()


class Redactor:
    """Masks texts; remembers, for the last traces, which value got which number.

    Values are kept as keyed hashes only, never as themselves. Not thread-safe: one exporter
    thread owns it.
    """

    def __init__(self, masks: Sequence[Mask], traces: int = 4096) -> None:
        self._masks = Masks(masks)
        self._traces: OrderedDict[int, dict[str, dict[bytes, int]]] = OrderedDict()
        self._limit = traces
        self._secret = secrets.token_bytes(16)
        # The same chunks are retrieved again and again, and an answer stands on two spans.
        self._clean: dict[str, None] = {}
        self._clean_characters = 0

    def __call__(self, text: str, trace_id: int) -> str:
        if text in self._clean:
            return text

        def number(name: str, value: str) -> int:
            known = self._numbers(trace_id).setdefault(name, {})
            key = hashlib.blake2b(value.encode("utf-8", "replace"), key=self._secret).digest()
            return known.setdefault(key, len(known) + 1)

        masked = self._masks.apply(text, number)
        if masked == text:
            self._remember(text)
        return masked

    def _remember(self, text: str) -> None:
        if self._clean_characters > CLEAN_CHARACTERS:
            self._clean.clear()
            self._clean_characters = 0
        self._clean[text] = None
        self._clean_characters += len(text)

    def _numbers(self, trace_id: int) -> dict[str, dict[bytes, int]]:
        numbers = self._traces.setdefault(trace_id, {})
        self._traces.move_to_end(trace_id)
        while len(self._traces) > self._limit:
            self._traces.popitem(last=False)
        return numbers


def build(redact: Any) -> Callable[[str, int], str] | None:
    """The function (text, trace id) -> text of a `redact` setting; None: nothing is masked."""
    if redact in (None, "off"):
        return None
    if redact == "default":
        return Redactor(DEFAULT_MASKS)
    if callable(redact):
        return lambda text, _: _text(redact(text))
    return Redactor(tuple(redact))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the redactor returned {type(value).__name__}, not a text")
    return value


def keyed_hash(text: str, key: bytes) -> str:
    """HMAC-SHA256 in hex: equal texts are seen to be equal, and short ones cannot be guessed."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
