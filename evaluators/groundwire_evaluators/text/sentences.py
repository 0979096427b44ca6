"""Sentence splitting, with offsets."""

import re
from collections.abc import Iterator

import sentencex

# Sentences end at line breaks too: lists and records are rarely punctuated.
_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
LONGEST_SENTENCE = 2_000  # code points; a longer one is cut at a space, before it is looked into
# After these, what looks like a new sentence goes on: "approx. 5 kg", "9 a.m. to 5 p.m.".
_SHORTENED = re.compile(
    r"(?:\b(?:approx|ca|vs|etc|incl|excl|max|min|avg|est|no|nos|nr|art|sec|fig|vol|ch|p|pp|ed|dept|"
    r"tel|ext|bzw|bspw|inkl|zzgl|abs|env|núm|pág|aprox|máx|mín|ecc|pag|circa|blz|resp)"
    r"|\b[a-zA-Z](?:\.\s?[a-zA-Z])+)\.\s*\Z",
    re.IGNORECASE,
)
_LONGEST_SHORTENED = 24  # code points looked at before a break


def sentences(text: str, language: str = "en") -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, stripped of whitespace; `language` is ISO 639-1."""
    for line in _LINE.finditer(text):
        for start, end in _cut(text, *line.span()):
            yield from _of_piece(text, start, end, language)


def _of_piece(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    at = first = start
    for part in sentencex.segment(language, _encodable(text[start:end])):
        if at > first and not _continues(text, first, at):
            yield from _stripped(text, first, at)
            first = at
        at += len(part)
    yield from _stripped(text, first, at)


def _continues(text: str, first: int, at: int) -> bool:
    """Whether a sentence continues after what looked like its end."""
    following = text[at : at + 3].lstrip()[:1]
    if following.islower():
        return text[first:at].rstrip().endswith(".")
    shortened = _SHORTENED.search(text[max(at - _LONGEST_SHORTENED, first) : at])
    return shortened is not None and (following.isdecimal() or following in "(€$£")


def _encodable(line: str) -> str:
    """The line with lone surrogates (a stray JSON escape) replaced, each by one character."""
    return line.encode("utf-8", "replace").decode()


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = cut if cut > 0 else start + LONGEST_SENTENCE
        yield start, cut
        start = cut
    yield start, end


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    if end > start:
        yield start, end
