import pytest

from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The bridge was opened in 1932 and is still in use.", "en"),
        ("Die Brücke wurde 1932 eröffnet und ist noch in Gebrauch.", "de"),
        ("Le pont a été ouvert en 1932 et il est encore utilisé.", "fr"),
        ("El puente fue inaugurado en 1932 y todavía está en uso.", "es"),
        ("Il ponte è stato aperto nel 1932 ed è ancora in uso.", "it"),
        ("A ponte foi aberta em 1932 e ainda está em uso.", "pt"),
        ("De brug werd in 1932 geopend en is nog in gebruik.", "nl"),
        ("Paris", "en"),
        ("42", "en"),
    ],
)
def test_a_language_is_detected_by_its_small_words(text: str, code: str) -> None:
    language = language_of(text)
    assert language is not None
    assert language.code == code


@pytest.mark.parametrize(
    "text",
    [
        "水は摂氏百度で沸騰します。",
        "Мост был открыт в 1932 году и используется до сих пор.",
        "Köprü yirminci yüzyılda açılmış ve bugün hâlâ yoğun biçimde kullanılmaktadır",
    ],
)
def test_a_language_that_is_not_ours_is_none(text: str) -> None:
    assert language_of(text) is None


def test_spellings_of_a_word_share_a_key() -> None:
    keys = [token.key for token in tokenize("Running ran Müller’s Muller cafés CAFE\u0301")]
    assert keys == ["run", "run", "muller", "muller", "cafe", "cafe"]


def test_sentences_keep_their_exact_ranges() -> None:
    text = "  Dr. Smith came. He left!\n- An item\u2028Last \ud800 one"
    assert [text[start:end] for start, end in sentences(text)] == [
        "Dr. Smith came.",
        "He left!",
        "- An item",
        "Last \ud800 one",
    ]
