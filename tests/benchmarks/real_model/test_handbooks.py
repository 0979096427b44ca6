"""The handbooks of invented companies in two editions."""

import pytest

from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, Search, handbook
from groundwire_demo.corpus import Edition


@pytest.mark.parametrize(
    ("name", "pages", "facts"), [(TARNWELL, 60, 380), (CALDERA, 40, 250), (LINDNER, 12, 60)]
)
def test_a_handbook_has_its_pages_and_facts(name: str, pages: int, facts: int) -> None:
    book = handbook(name)

    assert len(book.pages) >= pages
    assert len(book.facts) >= facts


@pytest.mark.parametrize("name", [TARNWELL, CALDERA, LINDNER])
def test_a_fact_differs_between_editions_and_its_sentence_says_its_value(name: str) -> None:
    for fact in handbook(name).facts:
        assert fact.last != fact.this
        assert fact.last in fact.last_sentence
        assert fact.before + fact.this in fact.this_sentence
        assert len(fact.questions) == 2


@pytest.mark.parametrize("name", [TARNWELL, CALDERA, LINDNER])
def test_search_finds_the_passage_that_answers_a_question(name: str) -> None:
    book = handbook(name)
    search = Search(book, Edition.THIS_YEAR)
    found = [
        fact.passage in {part.id for part in search.find(fact.questions[0], 2)}
        for fact in book.facts
    ]

    assert sum(found) >= 0.95 * len(found)


def test_tables_lists_and_questions_of_yes_or_no_are_among_the_facts() -> None:
    book = handbook(CALDERA)
    paragraphs = [part for page in book.pages for part in page.marked_paragraphs]

    assert sum(part.startswith("|") for part in paragraphs) >= 5
    assert sum(part.startswith("- ") for part in paragraphs) >= 5
    assert sum(fact.this in ("yes", "no") for fact in book.facts) >= 10


def test_facts_come_in_the_same_order_each_time() -> None:
    book = handbook(LINDNER)

    assert [fact.id for fact in book.shuffled()] == [fact.id for fact in book.shuffled()]
    assert book.shuffled() != list(book.facts)
