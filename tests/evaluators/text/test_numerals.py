"""Number words, against num2words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.text.numerals import NUMERALS
from groundwire_evaluators.text.quantities import quantities

num2words = pytest.importorskip("num2words", reason="of the dev group").num2words

LANGUAGES = sorted(NUMERALS)


@settings(max_examples=300, deadline=None)
@given(language=st.sampled_from(LANGUAGES), number=st.integers(2, 9_999_999))
def test_a_number_in_words_has_the_value_that_num2words_spelled(language: str, number: int) -> None:
    words = num2words(number, lang=language)
    if language == "it" and "dicotto" in words:
        return  # num2words spells diciotto so
    (found,) = quantities(words, language=language)
    assert found.value == number


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "a hundred and five guests", 105),
        ("en", "two and a half litres", 0.0025 * 1000),
        ("en", "half a million people", 500_000),
        ("en", "three quarters of them", 0.75),
        ("de", "anderthalb Liter", 1.5),
        ("de", "drei Viertel der Stimmen", 0.75),
        ("fr", "quatre-vingt-dix-sept litres", 97),
        ("fr", "deux heures et demie", 9000),
        ("es", "dos millones trescientos mil", 2_300_000),
        ("it", "duecentocinquanta", 250),
        ("pt", "mil e quinhentos", 1500),
        ("nl", "drieënzestigduizend", 63_000),
    ],
)
def test_numbers_in_words_as_people_write_them(language: str, text: str, value: float) -> None:
    assert quantities(text, language=language)[0].value == pytest.approx(value)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "one of us said two and three"),
        ("de", "eine Frage und zwei und drei"),
        ("fr", "une question, deux et trois"),
        ("es", "una pregunta, dos y tres"),
        ("pt", "uma pergunta, dois e três"),
    ],
)
def test_two_numbers_are_not_one_and_an_article_is_none(language: str, text: str) -> None:
    assert [q.value for q in quantities(text, language=language)] == [2, 3]
