"""Sentences and the words that say what a value in them is a value of."""

import re
from functools import lru_cache

import Stemmer

# A full stop that ends a sentence: not one inside a number, after an initial or a short form.
_END = re.compile(
    r"(?<!\b[A-Z])(?<!\bMr)(?<!\bDr)(?<!\bMs)(?<!\bSt)(?<!\bvs)(?<!\bNo)(?<!\bInc)(?<!\bMrs)"
    r"(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)[.!?][\"”’')\]]*\s+|\n+"
)
_WORD = re.compile(r"[^\W\d_]{2,}(?:[’'][^\W\d_]+)?")
_FUNCTION_WORDS = """
    a an the this that these those it its he she they we you i my our your his her their
    there here what which who whom whose when where why how much many if in on at by for
    from to of with without within as and or but not no yes so then than because since while
    after before during until also is are was were be been being do does did has have had
    having can could will would shall should may might must all any some each every both
    either neither more most other such only just about into onto over under up down out off
    through between per via according based please note answer question context document
    documents passage source given provided text says say said states state stated mentioned
    information get got make made one it’s it's don’t don't
"""
_EMPTY = frozenset(_FUNCTION_WORDS.split())


def sentences(text: str) -> list[tuple[int, int]]:
    """Extents of the sentences (and lines) of `text`, together all of it."""
    ends = [match.end() for match in _END.finditer(text)]
    starts = [0, *ends]
    return [
        (start, end) for start, end in zip(starts, [*ends, len(text)], strict=True) if start < end
    ]


def content_words(text: str) -> frozenset[str]:
    """The stems of the words of `text` that carry meaning."""
    words = (word.replace("’", "'").removesuffix("'s").lower() for word in _WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in _EMPTY)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return str(Stemmer.Stemmer("english").stemWord(word))
