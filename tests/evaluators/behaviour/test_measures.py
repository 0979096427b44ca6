"""The single measures: what raises and what lowers each."""

import pytest

from groundwire_evaluators.behaviour.habits import citation_count, emoji_count, markup_share
from groundwire_evaluators.behaviour.measured_text import MeasuredText
from groundwire_evaluators.behaviour.reading_level import lix
from groundwire_evaluators.behaviour.register import formality
from groundwire_evaluators.behaviour.repetition import loops, repetition


def level(text: str) -> float | None:
    read = MeasuredText.of(text)
    return lix(read.words, read.sentences)


def register(text: str) -> float | None:
    read = MeasuredText.of(text)
    return formality(read.lower, read.language.code if read.language else "")


def test_official_prose_is_harder_than_a_tale_in_any_language() -> None:
    tales = (
        "The cat sat on the mat. It saw a dog. The dog ran off. The cat was glad.",
        "Die Katze lag im Gras. Sie sah den Hund. Der Hund lief weg. Da war sie froh.",
    )
    official = (
        "Notwithstanding subsequent regulations, applications requiring additional documentation "
        "remain inadmissible until administrative verification.",
        "Unbeschadet nachfolgender Verordnungen bleiben unvollständige Antragsunterlagen bis zur "
        "behördlichen Überprüfung unberücksichtigt.",
    )
    for tale, letter in zip(tales, official, strict=True):
        assert (level(tale) or 99) < 25 < 55 < (level(letter) or 0)


def test_lix_is_words_a_sentence_plus_percent_of_long_words() -> None:
    text = "Ten words stand here in two short sentences, counted. Anybody verifies."
    assert level(text) == pytest.approx(11 / 2 + 100 * 4 / 11, abs=0.05)


@pytest.mark.parametrize(
    ("formal", "casual"),
    [
        (
            "The period of notice is set by the contract of employment in section four.",
            "Well, I think you just ask me and we will look at it together now.",
        ),
        (
            "Die Frist für die Kündigung ergibt sich aus dem Vertrag in der Fassung von Mai.",
            "Ja klar, das kannst du mir hier sagen, dann schauen wir mal, ob es geht.",
        ),
        (
            "Le délai de préavis est fixé par le contrat dans la version de mai.",
            "Oui, je te dis ça maintenant, tu me demandes et nous le faisons ici.",
        ),
    ],
)
def test_pronouns_lower_the_register_articles_and_prepositions_raise_it(
    formal: str, casual: str
) -> None:
    assert (register(formal) or 0) > 55 > 50 > (register(casual) or 99)


def test_few_words_have_neither_level_nor_register() -> None:
    assert level("Four years.") is None
    assert register("Four years.") is None
    assert repetition("four years".split()) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("so it goes on and on again " * 4, True),
        ("a " * 12, True),
        ("Start here. " + "stop " * 12, True),
        ("a " * 11, False),
        ("no no no", False),
        ("one two three four five six seven eight nine ten eleven twelve", False),
        ("the cat and the dog and the cat and the dog went home to the farm", False),
    ],
)
def test_a_loop_is_a_piece_said_three_times_at_the_end(text: str, found: bool) -> None:
    assert loops(text.split(), []) is found


def test_rows_of_a_table_rule_are_no_loop() -> None:
    assert not loops([], ["| a |", "|---|", "|---|", "|---|", "|---|"])
    assert loops([], ["- yes"] * 4)


def test_repetition_counts_sequences_said_before() -> None:
    assert repetition(("one two three four " * 4).split()) == pytest.approx(9 / 13, abs=0.001)
    assert repetition([f"w{n}" for n in range(40)]) == 0.0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is so [1], and so [2, 3] and [4–6].", 3),
        ("See 【4†source】 and (source: handbook).", 2),
        ("Per [doc-7] and [kb/12#3].", 2),
        ("Noted.¹ Again.[^2]", 2),
        ("More at https://example.com/a and [docs](https://example.com/b).", 2),
        ("An array [i] of 5 m² (see above).", 1),
        ("Nothing cited.", 0),
    ],
)
def test_citation_markers_of_many_forms_are_counted(text: str, count: int) -> None:
    assert citation_count(text) == count


@pytest.mark.parametrize(
    ("text", "count"), [("Done 🎉🎉", 2), ("🇩🇪 ❤️", 2), ("5 € → 3 © ± ½ “q”", 0), ("plain", 0)]
)
def test_emoji_are_pictures_not_signs(text: str, count: int) -> None:
    assert emoji_count(text) == count


def test_markup_is_the_share_of_lines_with_marks() -> None:
    lines = ["# Title", "- item", "1. step", "| a | b |", "a **bold** word", "`code`", "plain", "*"]
    assert markup_share(lines) == 0.75
    assert markup_share(["2 * 3 * 4 = 24", "a_b_c", "C# is a language", "- 5 degrees"]) == 0.25
