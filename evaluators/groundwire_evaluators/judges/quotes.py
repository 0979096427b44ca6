"""Fuzzy location of a quote in its source text."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from groundwire_evaluators.evaluation import Extent

ENOUGH = 0.75  # share of the quoted words that must be in the text, in order
_LOOSEST = 1.5  # how much longer than the quote the found piece may be
_WORD = re.compile(r"\w+(?:[\u0300-\u036f]+\w*)*")  # accents may be characters of their own
_MOST_WORDS = 400  # of a text or quote that are compared loosely


def locate(quote: str, text: str) -> Extent | None:
    """Range of `quote` in `text`; None where it is absent.

    As it is, else whatever the case, blanks, quotation marks and Unicode forms, else loosely: most
    of its words in their order, in a piece hardly longer than the quote. Code points, half-open.
    """
    wanted = quote.strip().strip("\"'“”„«»‘’…").strip()
    if not wanted:
        return None
    at = text.find(wanted)
    if at >= 0:
        return Extent(at, at + len(wanted))
    words, places = _words(text)
    wanted_words, _ = _words(wanted)
    if not wanted_words:
        return None
    run = _run(wanted_words, words)
    if run is not None:
        return Extent(places[run].start, places[run + len(wanted_words) - 1].end)
    return _loosely(wanted_words, words, places)


def _words(text: str) -> tuple[list[str], list[Extent]]:
    found = [(match.group(), match.span()) for match in _WORD.finditer(text)]
    words = [unicodedata.normalize("NFKC", word).casefold() for word, _ in found]
    return words, [Extent(*span) for _, span in found]


def _run(wanted_words: Sequence[str], words: Sequence[str]) -> int | None:
    length = len(wanted_words)
    starts = range(len(words) - length + 1)
    return next((at for at in starts if words[at : at + length] == wanted_words), None)


def _loosely(
    wanted_words: Sequence[str], words: Sequence[str], places: Sequence[Extent]
) -> Extent | None:
    if max(len(wanted_words), len(words)) > _MOST_WORDS:
        return None
    blocks = SequenceMatcher(None, words, wanted_words, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if not matched or sum(block.size for block in matched) < ENOUGH * len(wanted_words):
        return None
    first, last = matched[0].a, matched[-1].a + matched[-1].size
    if last - first > _LOOSEST * len(wanted_words) + 1:
        return None
    return Extent(places[first].start, places[last - 1].end)
