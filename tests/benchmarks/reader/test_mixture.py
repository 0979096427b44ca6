"""The mixture of a batch, and what is read of a pair."""

import pytest

from benchmarks.reader.mixture import PARTS, Mixture, shares_at
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.text_pairs import covered, split, usable


def pairs(rule: str) -> list[Pair]:
    return [Pair(f"{rule} {k}", "evidence", Relation(k % 4), rule) for k in range(8)]


MIXTURE = Mixture(
    pairs("relation"),
    pairs("fact"),
    pairs("text"),
    pairs("claim"),
    {"ragtruth": pairs("set"), "bump": pairs("set")},
    pairs("real"),
    7,
)
RULES = {
    "relations": "relation",
    "facts": "fact",
    "texts": "text",
    "claims": "claim",
    "labelled": "set",
    "real": "real",
}


def test_a_window_is_the_same_for_its_number_whatever_came_before() -> None:
    later = MIXTURE.window(3, 64, 0.1)
    assert later != MIXTURE.window(2, 64, 0.1)
    assert MIXTURE.window(3, 64, 0.1) == later


@pytest.mark.parametrize("progress", [0.0, 0.2, 0.5, 1.0])
def test_every_part_has_its_share_of_a_window(progress: float) -> None:
    window = MIXTURE.window(0, 4000, progress)
    for part, share in zip(PARTS, shares_at(progress), strict=True):
        assert abs(sum(p.rule == RULES[part] for p in window) / 4000 - share) < 0.03


def test_the_shares_of_the_parts_add_up_to_one_all_along() -> None:
    assert {round(sum(shares_at(at / 100)), 9) for at in range(101)} == {1.0}


def test_only_whole_sentences_of_texts_are_used() -> None:
    assert split("One sentence here. Another one!\nA line") == [
        "One sentence here.", "Another one!", "A line",
    ]  # fmt: skip
    assert usable("The museum was opened by the mayor in 1990.")
    assert not usable("Opening hours: the museum was opened by the mayor.")
    assert not usable("the museum was opened by the mayor in 1990.")
    assert not usable("Museum.")


def test_cover_is_the_share_of_the_claims_words() -> None:
    assert covered("The museum opens early", "The museum closes early") == 0.75
