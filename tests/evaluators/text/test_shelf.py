from pickle import dumps, loads

from groundwire_evaluators.text.shelf import Shelf
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES, Language

MADE: list[tuple[str, str]] = []


def make(text: str, language: Language) -> str:
    MADE.append((text, language.code))
    return text.upper()


def test_a_text_is_read_once_in_each_language() -> None:
    MADE.clear()
    shelf = Shelf(make)
    assert [shelf.reading("a chunk", ENGLISH) for _ in range(3)] == ["A CHUNK"] * 3
    shelf.reading("a chunk", LANGUAGES["de"])
    assert MADE == [("a chunk", "en"), ("a chunk", "de")]


def test_the_reading_used_longest_ago_gives_way() -> None:
    MADE.clear()
    shelf = Shelf(make, characters=8)
    for text in ("aa", "bb", "aa", "cc", "dd", "ee", "aa", "bb"):
        shelf.reading(text, ENGLISH)
    assert [text for text, _ in MADE] == ["aa", "bb", "cc", "dd", "ee", "bb"]


def test_a_text_that_would_fill_the_shelf_is_not_kept() -> None:
    MADE.clear()
    shelf = Shelf(make, characters=8)
    for text in ("much too long", "bb", "much too long", "bb"):
        shelf.reading(text, ENGLISH)
    assert [text for text, _ in MADE] == ["much too long", "bb", "much too long"]


def test_it_arrives_empty_in_another_process() -> None:
    shelf = Shelf(make)
    shelf.reading("a chunk", ENGLISH)
    MADE.clear()
    loads(dumps(shelf)).reading("a chunk", ENGLISH)
    assert MADE == [("a chunk", "en")]
