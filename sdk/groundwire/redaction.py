"""Typed, stable masks: `a@b.org` becomes `[EMAIL_1]`, the same in every text of one trace.

A masked turn can still be judged: a chunk and an answer that held the same value still agree.
"""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Mask:
    """What one kind of secret looks like: its name in the mask, a pattern, and a check.

    If the pattern has a group named `value`, only that part is masked. `hints`: lower-case texts
    of which one must occur for the pattern to be tried at all; they make a clean text cheap.
    """

    name: str
    pattern: str
    check: Callable[[str], bool] | None = None
    hints: tuple[str, ...] = ()
    flags: int = 0


def luhn(text: str) -> bool:
    """Whether the digits pass the check of payment card numbers (ISO/IEC 7812-1)."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """Whether the text passes the check of account numbers (ISO 13616, mod 97)."""
    text = text.replace(" ", "").upper()
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


# Order matters: the longest and surest first. Each pattern is linear in the text; those without
# hints begin with a set of characters, which the engine skips to.
DEFAULT_MASKS: tuple[Mask, ...] = (
    Mask(
        "PRIVATE_KEY",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{1,10000}"
        r"-----END [A-Z ]{0,30}PRIVATE KEY-----",
        hints=("-----begin",),
    ),
    Mask("TOKEN", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}", hints=("eyj",)),
    Mask(
        "KEY",
        r"\b(?:sk-(?:ant-|proj-|lf-)?[\w-]{16,}|gw_[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}"
        r"|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|glpat-[\w-]{16,}|hf_\w{20,})",
        hints=("sk-", "gw_", "gh", "xox", "akia", "aiza", "glpat-", "hf_"),
    ),
    Mask(
        "KEY",
        r"\b(?:bearer|basic)\s{1,3}(?P<value>(?=[^\s]{0,200}\d)[\w+/.=~-]{16,})",
        hints=("bearer", "basic"),
        flags=re.IGNORECASE,
    ),
    Mask("PASSWORD", r"://[^\s/:@]{1,100}:(?P<value>[^\s/@]{1,200})@", hints=("://",)),
    Mask(
        "PASSWORD",
        r"\b(?:password|passwd|pwd|secret|api[_-]?key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
        r"(?P<value>[^\s\"',;]{6,200})",
        hints=("password", "passwd", "pwd", "secret", "apikey", "api_key", "api-key"),
        flags=re.IGNORECASE,
    ),
    Mask(
        "EMAIL",
        r"[\w.+%-]{1,64}@(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}",
        hints=("@",),
    ),
    Mask("IBAN", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)", check=iban),
    Mask(
        "CARD",
        r"[2-6]\d{3}(?:\d{9,15}|([ -])\d{4}\1\d{4}\1\d{1,7}|[ -]\d{6}[ -]\d{5})(?![\w-])",
        check=luhn,
    ),
    Mask("SSN", r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b", hints=("-",)),
    Mask("PHONE", r"(?<![\w+])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,6}(?!\w)", hints=("+",)),
)
CLEAN_CHARACTERS = 4_000_000  # of texts known to hold nothing to mask


class Redactor:
    """Masks texts; remembers, for the last traces, which value got which number.

    Values are kept as keyed hashes only, never as themselves. Not thread-safe: one exporter
    thread owns it.
    """

    def __init__(self, masks: Sequence[Mask], traces: int = 4096) -> None:
        self._masks = [(m.name, re.compile(m.pattern, m.flags), m.check, m.hints) for m in masks]
        self._traces: OrderedDict[int, dict[str, dict[bytes, int]]] = OrderedDict()
        self._limit = traces
        self._secret = secrets.token_bytes(16)
        # The same chunks are retrieved again and again, and an answer stands on two spans.
        self._clean: dict[str, None] = {}
        self._clean_characters = 0

    def __call__(self, text: str, trace_id: int) -> str:
        if text in self._clean:
            return text
        numbers: dict[str, dict[bytes, int]] | None = None
        lowered = text.lower()
        masked = text
        for name, pattern, check, hints in self._masks:
            if hints and not any(hint in lowered for hint in hints):
                continue
            if pattern.search(masked) is None:
                continue
            if numbers is None:
                numbers = self._numbers(trace_id)
            masked = pattern.sub(self._replace(name, check, numbers.setdefault(name, {})), masked)
        if masked == text:
            self._remember(text)
        return masked

    def _remember(self, text: str) -> None:
        if self._clean_characters > CLEAN_CHARACTERS:
            self._clean.clear()
            self._clean_characters = 0
        self._clean[text] = None
        self._clean_characters += len(text)

    def _replace(
        self, name: str, check: Callable[[str], bool] | None, known: dict[bytes, int]
    ) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            whole, group = match.group(), "value" if "value" in match.re.groupindex else 0
            value = match.group(group)
            if check is not None and not (_alone(match) and check(value)):
                return whole
            if value.startswith("[") and value.endswith("]"):
                return whole  # already masked
            key = hashlib.blake2b(value.encode("utf-8", "replace"), key=self._secret).digest()
            mask = f"[{name}_{known.setdefault(key, len(known) + 1)}]"
            start, end = match.span(group)
            return whole[: start - match.start()] + mask + whole[end - match.start() :]

        return replace

    def _numbers(self, trace_id: int) -> dict[str, dict[bytes, int]]:
        numbers = self._traces.setdefault(trace_id, {})
        self._traces.move_to_end(trace_id)
        while len(self._traces) > self._limit:
            self._traces.popitem(last=False)
        return numbers


def _alone(match: re.Match[str]) -> bool:
    """Whether the match does not continue a word or number to its left."""
    start = match.start()
    return start == 0 or not match.string[start - 1].isalnum()


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
