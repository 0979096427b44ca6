"""A chunk that answers a question, among all that are stored."""

from groundwire_evaluators.grounding.chunk_search import ChunkSearch

LEAVE = "Carried leave days lapse at the end of March. Leave is entered in the calendar."
BADGE = "The fee for a lost badge is 20 euros, and it is paid at the front desk."
URLAUB = "Der übertragene Urlaub verfällt Ende März und wird im Kalender eingetragen."
INDEX = ChunkSearch([LEAVE, BADGE, URLAUB, LEAVE])


def test_the_chunk_whose_sentence_holds_what_is_wanted_is_found_once() -> None:
    assert INDEX.find("When do carried leave days lapse?") == [LEAVE]
    assert INDEX.find("What is the fee for a lost badge?") == [BADGE]


def test_words_spread_over_sentences_are_no_answer() -> None:
    assert INDEX.find("Do carried leave days stand in the calendar?") == []


def test_a_question_about_something_else_finds_nothing() -> None:
    assert INDEX.find("Who books hotel rooms for business trips?") == []


def test_a_question_is_searched_among_chunks_of_its_language() -> None:
    assert INDEX.find("Wann verfällt der übertragene Urlaub im Kalender?") == [URLAUB]


def test_a_question_of_few_words_is_not_searched_for() -> None:
    assert not INDEX.can_search("What is the fee?")
    assert INDEX.find("What is the fee?") == []
    assert not INDEX.can_search(None)
