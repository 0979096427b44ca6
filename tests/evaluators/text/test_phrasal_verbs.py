"""Phrasal verbs read as the one word of their meaning."""

import pytest

from groundwire_evaluators.text.phrasal_verbs import joined
from groundwire_evaluators.text.tokens import keys, tokenize


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("It was sent back", "return"),
        ("They sent it back", "return"),
        ("The talks were called off", "cancel"),
        ("Prices went up", "rise"),
    ],
)
def test_verb_and_particle_are_one_word(text: str, verb: str) -> None:
    found = joined(tokenize(text))
    assert keys("english")[verb] in [token.key for token in found]
    assert len(found) < len(tokenize(text))


def test_a_particle_of_another_verb_is_left_alone() -> None:
    tokens = tokenize("She walked back to the house")
    assert list(joined(tokens)) == tokens
