"""How far distributions moved, beside what chance makes of it; topics from words alone."""

import numpy as np
import pytest

from groundwire_evaluators.statistics.distribution import ranks, stability, tenths
from groundwire_evaluators.statistics.topics import Topics

PARCELS = [f"How heavy may a parcel to {place} be?" for place in ("Rome", "Oslo", "Bern", "Lyon")]
REFUNDS = [f"When do I get my refund for order {n}?" for n in (17, 23, 99, 41)]


def test_without_a_change_the_index_is_the_reported_noise():
    rng = np.random.default_rng(3)
    shares = (0.4, 0.3, 0.2, 0.1)
    found = []
    for _ in range(300):
        before, now = (
            dict(zip("abcd", rng.multinomial(n, shares), strict=True)) for n in (400, 200)
        )
        found.append(stability(before, now))
    assert np.mean([each.index for each in found]) == pytest.approx(found[0].noise, rel=0.15)


def test_a_change_of_shares_is_far_above_the_noise():
    moved = stability({"a": 300, "b": 100}, {"a": 100, "b": 300})
    assert moved.index > 20 * moved.noise
    assert stability({"a": 10}, {"b": 10}).index < 10  # an empty bin is no infinity
    with pytest.raises(ValueError, match="turns"):
        stability({}, {"a": 1})


def test_ranks_compare_numbers_of_any_unit_with_themselves_alone():
    before = np.arange(100) * 1000.0 - 7
    assert ranks(before, before).mean() == pytest.approx(0.5)
    assert ranks([-1e9, 1e9, before[50]], before).tolist() == [0.0, 1.0, 0.505]
    assert ranks([3.0], [3.0, 3.0]).tolist() == [0.5]
    assert sum(tenths(ranks(before, before)).values()) == 100


def test_topics_are_found_and_named_by_the_words_of_their_questions():
    topics = Topics.learn([*PARCELS, *REFUNDS], topics=2)
    of = topics.of(topics.vectors(["a parcel, how heavy?", "my refund for an order", "zzz"]))
    assert "parcel" in of[0]
    assert "refund" in of[1]
    assert of[0] != of[1]
    assert of[2] == ""


def test_a_question_is_new_where_no_earlier_one_shares_its_words():
    topics = Topics.learn([*PARCELS, *REFUNDS], topics=2)
    same, other = topics.novelty(topics.vectors([PARCELS[0], "Who won the match yesterday?"]))
    assert same < 0.3
    assert other == pytest.approx(1.0)
    assert (topics.novelty(topics.known, own=True) < 0.9).all()


def test_questions_that_say_nothing_have_no_topic():
    topics = Topics.learn(["", "the of and", ""], topics=3)
    assert topics.of(topics.vectors(["what?"])) == [""]
