"""Frame of a value: the words it is a value of."""

from collections.abc import Iterable
from functools import cache

from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.words import ENGLISH, Language

_ABOUT_TEXTS = """
    according based please note answer question context document documents passage source given
    provided text says say said states state stated mentioned information get got make made
"""
_META = frozenset(_ABOUT_TEXTS.split())


def content_words(text: str) -> frozenset[str]:
    """The stems of the words of `text` that carry meaning; numbers are none."""
    return content_of(tokenize(text))


def content_of(tokens: Iterable[Token], language: Language = ENGLISH) -> frozenset[str]:
    """The same of a text that is cut into words already."""
    empty = _empty(language)
    return frozenset(
        [
            token.key
            for token in tokens
            if token.lower not in empty and len(token.text) > 1 and not token.text[0].isdigit()
        ]
    )


@cache
def _empty(language: Language) -> frozenset[str]:
    return language.stop | _META
