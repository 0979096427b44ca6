import re
from collections import Counter
from datetime import timedelta

import pytest

from groundwire_demo.corpus import Edition, Page, handbook, passages, sentences
from groundwire_demo.questions import stream, variants

PAGES = handbook()
FACTS = [fact for page in PAGES for fact in page.facts]


def holds(text: str, value: str) -> bool:
    return bool(re.search(rf"(?<![\w.]){re.escape(value)}(?![\w]|[.,:]\d)", text))


def test_the_handbook_has_about_sixty_pages_of_several_facts_each() -> None:
    assert 55 <= len(PAGES) <= 70
    assert all(4 <= len(page.facts) <= 8 for page in PAGES)


def test_every_page_was_edited_again_about_a_year_later() -> None:
    for page in PAGES:
        last, this = page.edited
        assert timedelta(days=350) < this - last < timedelta(days=380), page.name


def test_each_edition_states_its_own_value_of_every_fact() -> None:
    texts = {
        edition: {page.name: "\n".join(page.paragraphs(edition)) for page in PAGES}
        for edition in Edition
    }
    for fact in FACTS:
        assert fact.value(Edition.LAST_YEAR) != fact.value(Edition.THIS_YEAR)
        for edition in Edition:
            assert holds(texts[edition][fact.page], fact.value(edition)), fact


def test_last_years_value_rarely_stands_in_this_years_passages_by_chance() -> None:
    this_year = {page.name: "\n".join(page.paragraphs(Edition.THIS_YEAR)) for page in PAGES}
    by_chance = [fact for fact in FACTS if holds(this_year[fact.page], fact.values[0])]
    assert len(by_chance) <= 0.03 * len(FACTS), by_chance


def test_no_question_asks_for_two_facts() -> None:
    requested = Counter(question for fact in FACTS for question in fact.questions)
    assert [question for question, times in requested.items() if times > 1] == []


def test_several_hundred_facts_are_asked_for_in_many_ways() -> None:
    assert len({question.text for fact in FACTS for question in variants(fact)}) > 5000


def test_the_same_seed_asks_the_same_questions() -> None:
    one, same, other = (stream(PAGES, seed) for seed in (1, 1, 2))
    first = [next(one).text for _ in range(50)]
    assert [next(same).text for _ in range(50)] == first
    assert [next(other).text for _ in range(50)] != first


def test_passages_have_distinct_ids_in_both_editions() -> None:
    for edition in Edition:
        ids = [passage.id for passage in passages(PAGES, edition)]
        assert len(set(ids)) == len(ids)


def test_sentences_keep_times_and_amounts_whole() -> None:
    text = "A dish costs €5.40. Lunch ends at 14:00. Guests pay €9.20 then."
    assert sentences(text) == [
        "A dish costs €5.40.",
        "Lunch ends at 14:00.",
        "Guests pay €9.20 then.",
    ]


def test_a_page_whose_values_and_questions_do_not_pair_up_is_refused() -> None:
    head = "# Tea\nSite | 2025-01-01 | 2026-01-01\n\n"
    text = f"{head}Tea costs {{€1|€2}} and takes {{two|six}} minutes.\n\n? How much is tea?\n"
    with pytest.raises(ValueError, match="longer"):
        Page.parse("tea", text)
