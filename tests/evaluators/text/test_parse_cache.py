from pickle import dumps, loads

from groundwire_evaluators.text.parse_cache import ParseCache
from groundwire_evaluators.text.words import ENGLISH, LANGUAGES, Language

MADE: list[tuple[str, str]] = []


def make(text: str, language: Language) -> str:
    MADE.append((text, language.code))
    return text.upper()


def test_a_text_is_parsed_once_in_each_language() -> None:
    MADE.clear()
    cache = ParseCache(make)
    assert [cache.get("a chunk", ENGLISH) for _ in range(3)] == ["A CHUNK"] * 3
    cache.get("a chunk", LANGUAGES["de"])
    assert MADE == [("a chunk", "en"), ("a chunk", "de")]


def test_the_least_recently_used_entry_is_evicted() -> None:
    MADE.clear()
    cache = ParseCache(make, characters=8)
    for text in ("aa", "bb", "aa", "cc", "dd", "ee", "aa", "bb"):
        cache.get(text, ENGLISH)
    assert [text for text, _ in MADE] == ["aa", "bb", "cc", "dd", "ee", "bb"]


def test_a_text_that_would_fill_the_cache_is_not_cached() -> None:
    MADE.clear()
    cache = ParseCache(make, characters=8)
    for text in ("much too long", "bb", "much too long", "bb"):
        cache.get(text, ENGLISH)
    assert [text for text, _ in MADE] == ["much too long", "bb", "much too long"]


def test_it_arrives_empty_in_another_process() -> None:
    cache = ParseCache(make)
    cache.get("a chunk", ENGLISH)
    MADE.clear()
    loads(dumps(cache)).get("a chunk", ENGLISH)
    assert MADE == [("a chunk", "en")]
