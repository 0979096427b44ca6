"""The mixture of a batch, and what is read of a pair."""

from benchmarks.reader.mixture import SHARES, Mixture
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.text_pairs import covered, split, usable


def pairs(rule: str) -> list[Pair]:
    return [Pair(f"{rule} {k}", "evidence", Relation(k % 4), rule) for k in range(8)]


MIXTURE = Mixture(
    pairs("fact"), pairs("text"), {"ragtruth": pairs("set"), "bump": pairs("set")}, pairs("real"), 7
)


def test_a_window_is_the_same_for_its_number_whatever_came_before() -> None:
    later = MIXTURE.window(3, 64)
    assert later != MIXTURE.window(2, 64)
    assert MIXTURE.window(3, 64) == later


def test_every_part_has_its_share_of_a_window() -> None:
    window = MIXTURE.window(0, 4000)
    shares = {rule: sum(p.rule == rule for p in window) / 4000 for rule in ("fact", "text", "real")}
    assert abs(shares["fact"] - SHARES["facts"]) < 0.03
    assert abs(shares["text"] - SHARES["texts"]) < 0.03
    assert abs(shares["real"] - SHARES["real"]) < 0.03


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
