"""Edits and rewordings of sentences, one case a rule."""

from random import Random

import pytest

from benchmarks.reader.edits import EDITS, detail_added, silence, subjects_exchanged
from benchmarks.reader.rewordings import REWORDINGS
from benchmarks.reader.sentences import Context
from benchmarks.reader.wordnet import WordNet

WORDS = WordNet(
    words={"the", "visited"},
    antonyms={"clean": ["dirty"]},
    synonyms={"begin": ["start"]},
    past={"founded", "visited"},
)


def context(text: str = "") -> Context:
    return Context(Random(3), text, WORDS)


@pytest.mark.parametrize(
    ("rule", "sentence", "edited"),
    [
        ("negate", "The pool was not open on Monday.", "The pool was open on Monday."),
        ("antonym", "It was a clean room.", "It was a dirty room."),
        ("negative_word", "Rooms come with breakfast.", "Rooms come without breakfast."),
        ("names_exchanged", "Anna Ek wrote to Tom Ray.", "Tom Ray wrote to Anna Ek."),
        ("roles_exchanged", "Marta founded the club in 1990.", "The club founded Marta in 1990."),
        ("than_exchanged", "Oslo is larger than Bergen.", "Bergen is larger than Oslo."),
        ("from_to", "It went from red to blue.", "It went from blue to red."),
        ("only_added", "It is sold in winter.", "It is sold only in winter."),
        (
            "reason_reversed",
            "The roads were closed because the river had risen.",
            "The river had risen because The roads were closed.",
        ),
    ],
)
def test_an_edit_changes_what_the_sentence_says(rule: str, sentence: str, edited: str) -> None:
    found = EDITS[rule].rule(context(), sentence)
    assert found is not None
    assert found.lower() == edited.lower()


def test_another_number_stands_in_place_of_one() -> None:
    found = EDITS["digits"].rule(context("It has 25 rooms. It has 48 beds."), "It has 25 rooms.")
    assert found is not None
    assert found != "It has 25 rooms."
    assert found.startswith("It has ")


@pytest.mark.parametrize(
    ("rule", "sentence", "reworded"),
    [
        ("date_form", "It opened on May 3, 1990.", "It opened on 3 May 1990."),
        ("cleft", "Anna won the prize in Oslo.", "It was Anna who won the prize in Oslo."),
        ("yes_no", "The pool is open on Monday.", "Is the pool open on Monday? Yes."),
        (
            "clause_order",
            "When it rains, the pool closes early.",
            "The pool closes early when it rains.",
        ),
        ("possessive", "It is the capital of Norway.", "It is Norway's capital."),
        ("synonym", "They begin at nine.", "They start at nine."),
    ],
)
def test_a_rewording_says_the_same_otherwise(rule: str, sentence: str, reworded: str) -> None:
    assert REWORDINGS[rule](context(), sentence) == reworded


def test_rules_leave_alone_what_they_do_not_fit() -> None:
    assert EDITS["digits"].rule(context(), "No number here.") is None
    assert EDITS["names_exchanged"].rule(context(), "Nobody came.") is None
    assert REWORDINGS["date_form"](context(), "It opened in spring.") is None


def test_details_subjects_and_silence_need_a_second_sentence_or_a_subject() -> None:
    detail = detail_added(context(), "The pool is open.", "It closes early because it is cold.")
    assert detail == "The pool is open because it is cold."
    swapped = subjects_exchanged(
        "The pool is open every day in May.", "The shop is closed for the whole summer."
    )
    assert swapped == "The pool is closed for the whole summer."
    silent = silence(context(), "The pool is open every day in May.")
    assert silent is not None
    assert "the pool" in silent
    assert silence(context(), "It is open every day in May.") is None
