from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from groundwire_evaluators.grounding.alignment import equal_runs

WORDS = st.lists(st.sampled_from("abcde"), max_size=30)


@given(WORDS, WORDS)
def test_runs_of_equal_words_are_those_of_the_standard_matcher(
    ours: list[str], theirs: list[str]
) -> None:
    places: dict[str, list[int]] = {}
    for at, word in enumerate(theirs):
        places.setdefault(word, []).append(at)
    expected = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    assert equal_runs(ours, places, len(theirs)) == [tuple(block) for block in expected]
