from math import log2

import pytest

from groundwire_evaluators.retrieval.ranking import Ranking

FOUND = Ranking(("a", "b", "c", "d"), {"a": 0.0, "b": 1.0, "c": 0.0, "d": 1.0, "missed": 1.0})


def test_precision_and_recall_count_relevant_chunks_among_the_first_k() -> None:
    assert [FOUND.precision(k) for k in (1, 2, 4)] == [0.0, 0.5, 0.5]
    assert [FOUND.recall(k) for k in (1, 2, 4)] == pytest.approx([0.0, 1 / 3, 2 / 3])


def test_the_reciprocal_rank_is_that_of_the_first_relevant_chunk() -> None:
    assert FOUND.reciprocal_rank(1) == 0.0
    assert FOUND.reciprocal_rank(10) == 0.5
    assert Ranking(("a",), {"a": 0.0}).reciprocal_rank(10) == 0.0


def test_ndcg_compares_with_the_best_order_of_all_known_chunks() -> None:
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert FOUND.ndcg(10) == pytest.approx((1 / log2(3) + 1 / log2(5)) / ideal)
    assert Ranking(("x", "y"), {"x": 3.0, "y": 1.0}).ndcg(2) == 1.0
    swapped = Ranking(("y", "x"), {"x": 3.0, "y": 1.0})
    assert swapped.ndcg(2) == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)))


def test_unlabelled_chunks_are_not_guessed() -> None:
    partly = Ranking(("a", "b"), {"a": 1.0})
    assert partly.precision(1) == 1.0
    assert partly.precision(2) is None
    assert partly.recall(1) is None
    assert partly.ndcg(1) is None
    assert partly.reciprocal_rank(2) == 1.0
    assert Ranking(("b", "a"), {"a": 1.0}).reciprocal_rank(2) is None


def test_a_complete_list_makes_all_other_chunks_irrelevant() -> None:
    whole = Ranking(("a", "b"), {"b": 1.0, "c": 1.0}, complete=True)
    assert (whole.precision(2), whole.recall(2), whole.reciprocal_rank(2)) == (0.5, 0.5, 0.5)


def test_a_question_that_no_chunk_of_the_index_answers_has_no_recall_and_no_rank() -> None:
    none = Ranking(("a",), {}, complete=True)
    assert none.precision(1) == 0.0
    assert (none.recall(1), none.reciprocal_rank(1), none.ndcg(1)) == (None, None, None)


def test_a_chunk_that_comes_twice_counts_once() -> None:
    twice = Ranking(("a", "a", "b"), {"a": 1.0, "b": 0.0})
    assert twice.precision(2) == 0.5
    assert twice.recall(3) == 1.0
