"""Words that speak against one another, in seven languages."""

import pytest

from groundwire_evaluators.grounding.opposition import opposed
from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import LANGUAGES


def opposites(one: str, other: str, language: str) -> bool:
    known = LANGUAGES[language]
    (ours,), (theirs,) = (tokenize(word, known.stemmer) for word in (one, other))
    return opposed(ours, theirs, known) and opposed(theirs, ours, known)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "open", "closed"), ("de", "neuen", "alten"), ("de", "möglich", "unmöglich"),
        ("de", "nördlich", "südlich"), ("fr", "nouvelle", "ancienne"), ("fr", "ouverts", "fermés"),
        ("es", "abiertas", "cerradas"), ("es", "posible", "imposible"), ("it", "vecchi", "nuovi"),
        ("it", "inclusi", "esclusi"), ("pt", "antigas", "novas"), ("nl", "kleine", "grote"),
        ("nl", "gesloten", "geopend"),
    ],
)  # fmt: skip
def test_opposites_are_recognized_in_every_form(language: str, one: str, other: str) -> None:
    assert opposites(one, other, language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("de", "gilt", "beträgt"), ("fr", "dure", "coûte"), ("es", "casa", "calle"),
     ("en", "day", "week")],
)  # fmt: skip
def test_other_words_are_no_opposites(language: str, one: str, other: str) -> None:
    assert not opposites(one, other, language)
