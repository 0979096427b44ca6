"""Names: runs of capitalised words, without a dictionary and without a model."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = r"(?:[A-ZÀ-ÖØ-Þ][\w’'&.-]*[\w’']|[A-Z]\.|[A-Z])"
_LINK = r"(?:of|the|de|la|le|du|van|von|der|den|di|da|and|&|bin|al|ter|y)"
_RUN = re.compile(rf"(?<![\w’']){_WORD}(?:\s+(?:{_LINK}\s+){{0,2}}{_WORD})*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n•*\-–—(\[\"“‘'|>]\s*)$")

# Capitalised for other reasons than being a name.
_ORDINARY_WORDS = """
    a an the this that these those it its he she they we you i my our your his her their
    there here what which who whom whose when where why how if in on at by for from to of
    with without within as and or but not no yes so then than because since while after
    before during until also however therefore thus moreover additionally furthermore
    finally first second third last next according based please note sorry unfortunately
    sure certainly answer question context document documents passage source sources text
    section table figure is are was were be been being do does did has have had can could
    will would shall should may might must all any some each every both either neither one
    two three four five six seven eight nine ten most more many much few several such only
    just mr mrs ms dr prof sir monday tuesday wednesday thursday friday saturday sunday ok
    okay let key summary overview step steps option options today yesterday tomorrow now
    currently once under over about above below between through per via given whether
    although though unless make see use using contact click go open choose select enter
    submit send check visit call get ask refer
"""
_COMMON = frozenset(_ORDINARY_WORDS.split())


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Extents of names. A lone capitalised word that opens a sentence is no name: it may be one,
    but it is far more often not, and a false name is a false alarm."""
    for match in _RUN.finditer(text):
        start, end = _trim(text, match.start(), match.end())
        if start < end and not _ordinary(text, start, end):
            yield start, end


def name_key(name: str) -> str:
    """The words that tell a name: folded case and accents, without titles and links."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    words = re.findall(r"\w+", re.sub(r"[’']s\b", "", plain).lower())
    return " ".join(word for word in words if word not in _COMMON) or " ".join(words)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without common words at its start ("The Beatles", "According to IBM") and a possessive."""
    while True:
        head = re.match(r"[\w’']+\s+", text[start:end])
        if head is None or head[0].strip().lower() not in _COMMON:
            break
        start += head.end()
    if re.search(r"[’']s$", text[start:end]):
        end -= 2
    return start, end


def _ordinary(text: str, start: int, end: int) -> bool:
    words = text[start:end].split()
    if len(words) > 1:
        return False
    word = words[0]
    if word.lower().strip(".") in _COMMON or len(word) < 2:
        return True
    opens = _SENTENCE_START.search(text, max(0, start - 4), start) is not None
    return opens and not (word.isupper() or any(c.isupper() for c in word[1:]))
