"""Finding in a text what somebody says they copied from it, more or less exactly."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from groundwire_evaluators.evaluation import Extent

ENOUGH = 0.75  # of the quoted words, in order, have to stand in the text
_LOOSEST = 1.5  # how much longer than the quote the found piece may be
_WORD = re.compile(r"\w+(?:[\u0300-\u036f]+\w*)*")  # accents may be characters of their own
_MOST_WORDS = 400  # of a text or quote that are compared loosely


def locate(quote: str, text: str) -> Extent | None:
    """Where `quote` stands in `text`; None where it does not.

    As it is, else whatever the case, blanks, quotation marks and Unicode forms, else loosely: most
    of its words in their order, in a piece hardly longer than the quote. Code points, half-open.
    """
    wanted = quote.strip().strip("\"'“”„«»‘’…").strip()
    if not wanted:
        return None
    at = text.find(wanted)
    if at >= 0:
        return Extent(at, at + len(wanted))
    said, places = _words(text)
    asked, _ = _words(wanted)
    if not asked:
        return None
    run = _run(asked, said)
    if run is not None:
        return Extent(places[run].start, places[run + len(asked) - 1].end)
    return _loosely(asked, said, places)


def _words(text: str) -> tuple[list[str], list[Extent]]:
    found = [(match.group(), match.span()) for match in _WORD.finditer(text)]
    words = [unicodedata.normalize("NFKC", word).casefold() for word, _ in found]
    return words, [Extent(*span) for _, span in found]


def _run(asked: Sequence[str], said: Sequence[str]) -> int | None:
    length = len(asked)
    starts = range(len(said) - length + 1)
    return next((at for at in starts if said[at : at + length] == asked), None)


def _loosely(asked: Sequence[str], said: Sequence[str], places: Sequence[Extent]) -> Extent | None:
    if max(len(asked), len(said)) > _MOST_WORDS:
        return None
    blocks = SequenceMatcher(None, said, asked, autojunk=False).get_matching_blocks()
    matched = [block for block in blocks if block.size]
    if not matched or sum(block.size for block in matched) < ENOUGH * len(asked):
        return None
    first, last = matched[0].a, matched[-1].a + matched[-1].size
    if last - first > _LOOSEST * len(asked) + 1:
        return None
    return Extent(places[first].start, places[last - 1].end)
