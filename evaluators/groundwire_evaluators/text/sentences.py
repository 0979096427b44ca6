"""Sentences with their places."""

import re
from collections.abc import Iterator

import sentencex

# Sentences end at line breaks too: lists and records are rarely punctuated.
_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
LONGEST_SENTENCE = 2_000  # code points; a longer one is cut at a space


def sentences(text: str, language: str = "en") -> Iterator[tuple[int, int]]:
    """The (start, end) of every sentence, without surrounding blanks; `language` is ISO 639-1."""
    for line in _LINE.finditer(text):
        at = line.start()
        for part in sentencex.segment(language, _encodable(line.group())):
            end = at + len(part)
            yield from _pieces(text, at, end)
            at = end


def _encodable(line: str) -> str:
    """The line with lone surrogates (a stray JSON escape) replaced, each by one character."""
    return line.encode("utf-8", "replace").decode()


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = cut if cut > 0 else start + LONGEST_SENTENCE
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if end > start:
        yield start, end
