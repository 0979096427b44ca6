"""Words, sentences and lines of an answer, read once for all measures."""

import re
from dataclasses import dataclass

from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.tokens import WORD
from groundwire_evaluators.text.words import Language

LONGEST = 20_000  # code points that are measured
LANGUAGE_SAMPLE = 300  # code points that decide the language
_STOPS = ".!?:;…。！？"
_STOP = re.compile(rf"[{_STOPS}](?=\s)")  # of several in a row the last


@dataclass(frozen=True, slots=True)
class MeasuredText:
    """An answer without its reasoning: words, lower-case words, lines, language.

    `language` is None for one that is not read, or for a text without words.
    """

    text: str
    words: tuple[str, ...]
    lower: tuple[str, ...]
    lines: tuple[str, ...]
    language: Language | None

    @classmethod
    def of(cls, text: str) -> "MeasuredText":
        part = text[:LONGEST]
        words = WORD.findall(part)
        lower = "\n".join(words).lower().split("\n") if words else []
        lines = [line.strip() for line in part.splitlines() if not line.isspace()]
        language = language_of(part[:LANGUAGE_SAMPLE]) if words else None
        return cls(part, tuple(words), tuple(lower), tuple(filter(None, lines)), language)

    @property
    def sentences(self) -> int:
        """Number of sentences: stops before a space, ends of lines."""
        inside = len(_STOP.findall(self.text.strip()))
        return inside + sum(line[-1] not in _STOPS for line in self.lines[:-1]) + bool(self.lines)
