"""Typed masks, stable within a trace: `a@b.org` becomes `[EMAIL_1]`.

A masked turn can still be judged: a chunk and an answer that held the same value still agree.
"""

import functools
import hashlib
import hmac
import itertools
import re
import secrets
import string
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from groundwire.mask_patterns import DEFAULT_MASKS, Hints, Mask

__all__ = ["DEFAULT_MASKS", "Mask", "Masks", "Redactor", "build", "keyed_hash"]

_DIGIT = re.compile(r"\d")
_DIGITS = b"0123456789"
_ASCII = bytes(range(128))
_LETTERS = string.ascii_letters.encode()
_CLASSES = bytes.maketrans(_DIGITS + _LETTERS, b"0" * 10 + b"a" * 52)
# Between the digits of a number: all beyond ASCII too, which hides none.
_BETWEEN_DIGITS = b"\t\n\v\f\r\x1c\x1d\x1e\x1f ./_+-()%" + bytes(range(128, 256))
LONG_WORD = 14  # the least that a mask asks for by `word`
_LONG = b"a" * LONG_WORD
_WORDS = bytes(ord(" " if chr(code).isspace() and code < 128 else "a") for code in range(256))
_MASKED = re.compile(r"\[[A-Z][A-Z0-9_]*_\d+\]")
CLEAN_CHARACTERS = 4_000_000  # of texts known to hold nothing to mask


class Masks:
    """Compiled masks, shared by SDK and collector."""

    def __init__(self, masks: Iterable[Mask]) -> None:
        # What shows that one mask finds nothing often shows it of its neighbours: looked at once.
        groups = itertools.groupby(map(_Compiled, masks), _Compiled.kind)
        self._groups = [_Group(list(members)) for _, members in groups]

    def apply(self, text: str, number: Callable[[str, str], int]) -> str:
        """The text with each secret as `[NAME_n]`, where n is `number(NAME, secret)`.

        Returns the text itself where nothing is found.
        """
        places = _Places(text)
        for group in self._groups:
            if group.excluded(places):
                continue
            for mask in group.masks:
                found = mask.masked(text, places, number)
                if found is not text:
                    text, places = found, _Places(found)
        return text


class _Places:
    """Positions of pattern hints in a text, and cheap statistics, computed once each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.lowered = text.lower()
        self.exact = len(self.lowered) == len(text)
        self._known: dict[Hints, list[int]] = {}
        self._words: dict[int, str] = {}

    @functools.cached_property
    def _encoded(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")

    @functools.cached_property
    def _foreign_digits(self) -> int:
        """Number of non-ASCII decimal digits."""
        if self._text.isascii():
            return 0
        rest = self._encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
        return len(_DIGIT.findall(rest))

    @functools.cached_property
    def digits(self) -> int:
        """Number of decimal digits."""
        return self._runs.count(b"0") + self._foreign_digits

    @functools.cached_property
    def _runs(self) -> bytes:
        """Text with every digit as 0 and separators between digit groups removed."""
        encoded = self._encoded.replace(b"&nbsp;", b"") if "&" in self._text else self._encoded
        return encoded.translate(_CLASSES, _BETWEEN_DIGITS)

    def has_run(self, length: int) -> bool:
        """Whether the text may contain this many consecutive digits, grouped or not."""
        return self._foreign_digits > 0 or b"0" * length in self._runs

    @functools.cached_property
    def has_letters_and_digits(self) -> bool:
        """Whether two digits follow two letters somewhere."""
        return self._foreign_digits > 0 or b"aa00" in self._encoded.translate(_CLASSES)

    @functools.cached_property
    def _long(self) -> list[bytes]:
        """The words of `LONG_WORD` bytes or more: a tenth of what `split` would make."""
        encoded = self._encoded
        classes = encoded.translate(_WORDS)
        found: list[bytes] = []
        start = classes.find(_LONG)
        while start >= 0:
            end = classes.find(b" ", start + LONG_WORD)
            end = end if end >= 0 else len(encoded)
            found.append(encoded[start:end])
            start = classes.find(_LONG, end)
        return found

    @functools.cached_property
    def longest_word(self) -> int:
        """The bytes of the longest word, 0 where none is long."""
        return max(map(len, self._long), default=0)

    def words(self, least: int) -> str:
        """The words of at least so many bytes, joined by blanks."""
        found = self._words.get(least)
        if found is None:
            joined = b" ".join([word for word in self._long if len(word) >= least])
            found = self._words[least] = joined.decode("utf-8", "surrogatepass")
        return found

    def of(self, hints: Hints) -> list[int]:
        """In the order of the text."""
        known = self._known.get(hints)
        if known is None:
            known = self._known[hints] = []
            lowered = self.lowered
            for hint in hints:
                if isinstance(hint, str):
                    self._add(hint, known)
                elif hint[0] in lowered:
                    for more in hint[1]:
                        self._add(more, known)
            known.sort()
        return known

    def _add(self, hint: str, places: list[int]) -> None:
        find = self.lowered.find
        place = find(hint)
        while place >= 0:
            places.append(place)
            place = find(hint, place + 1)


def _flat(hints: Hints) -> tuple[str, ...]:
    return tuple(h for hint in hints for h in ((hint,) if isinstance(hint, str) else hint[1]))


def _any_of(texts: Iterable[str]) -> str:
    """A pattern of any of the texts that compares each first character once (a trie)."""
    by_first: dict[str, list[str]] = {}
    for text in texts:
        if not text:
            return ""  # whatever follows, it has been found
        by_first.setdefault(text[0], []).append(text[1:])
    branches = [re.escape(first) + _any_of(rest) for first, rest in by_first.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


class _Compiled:
    """A mask with its patterns compiled."""

    def __init__(self, mask: Mask) -> None:
        self.mask = self._mask = mask
        self._pattern = re.compile(mask.pattern, mask.flags)
        self._probe = re.compile(mask.probe, mask.flags) if mask.probe else None
        self._before = re.compile(mask.before) if mask.before else None
        self._group = "value" if "value" in self._pattern.groupindex else 0
        self._hint = re.compile(_any_of(_flat(mask.hints))) if mask.hints else self._pattern

    def kind(self) -> tuple[str, Hints]:
        """What excludes it most cheaply, with the hints if it is those."""
        if self._mask.run:
            return "run", ()
        if self._mask.word:
            return "word", ()
        return "hints", self._mask.hints

    def masked(self, text: str, places: _Places, number: Callable[[str, str], int]) -> str:
        """The text with this kind of secret masked, or itself."""
        if self._excluded(text, places):
            return text
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

    def _excluded(self, text: str, places: _Places) -> bool:
        """Whether a cheap look shows that nothing can be found; most texts end here."""
        mask = self._mask
        if mask.needs and not any(map(text.__contains__, mask.needs)):
            return True
        if mask.word and not self._in_words(places):
            return True
        if mask.run and not places.has_run(mask.run):
            return True
        if mask.digits and places.digits < mask.digits:
            return True
        return mask.code and not places.has_letters_and_digits

    def _in_words(self, places: _Places) -> bool:
        """Whether words that are long enough may hold it: they are far less than the text."""
        if places.longest_word < self._mask.word:
            return False
        words = places.words(self._mask.word)
        return self._hint.search(words.lower() if self._mask.hints else words) is not None

    def _matches(self, text: str, places: _Places) -> Iterable[re.Match[str]]:
        hints = self._mask.hints
        found = places.of(hints) if hints else []
        if hints and not found:
            return ()
        if self._probe is not None and self._probe.search(text) is None:
            return ()
        if self._before is not None and places.exact and not self._follows(found, text):
            return ()
        if self._mask.anchored and places.exact:
            return self._at(found, text)
        return self._pattern.finditer(text)

    def _follows(self, places: Iterable[int], text: str) -> bool:
        before = self._before
        assert before is not None
        return any(place and before.match(text, place - 1) for place in places)

    def _at(self, places: Iterable[int], text: str) -> Iterator[re.Match[str]]:
        end = 0
        for place in places:
            if place >= end and (match := self._pattern.match(text, place)):
                yield match
                end = match.end()


class _Group:
    """Neighbouring masks that one look at a text may exclude together."""

    def __init__(self, masks: Sequence[_Compiled]) -> None:
        self.masks = masks
        found = [each.mask for each in masks]
        self._run = min(mask.run for mask in found)
        self._word = 0 if self._run else min(mask.word for mask in found)
        self._hints = () if self._run or self._word else found[0].hints
        self._only_hint = self._hints[0] if len(self._hints) == 1 else None

    def excluded(self, places: _Places) -> bool:
        """Whether none of them can find anything."""
        if self._run:
            return not places.has_run(self._run)
        if self._word:
            return places.longest_word < self._word
        if isinstance(self._only_hint, str):
            return self._only_hint not in places.lowered
        return bool(self._hints) and not places.of(self._hints)


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
        # Chunks are retrieved repeatedly, and an answer is on two spans.
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
