"""What passages add to the probability of an answer."""

from dataclasses import replace

import pytest
from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, gain


def test_the_gain_is_the_answers_log_probability_with_passages_less_that_without() -> None:
    closed = replace(ROW, mode="closed", passages=[], logprob=-9.0, logprob_open_answer=-7.0)
    recorded = answers.with_truth([ROW, closed])

    assert gain.gains(recorded) == {recorded[0].id: pytest.approx(5.5)}


def test_an_answer_without_its_closed_book_score_has_no_gain() -> None:
    assert gain.gains(answers.with_truth([ROW])) == {}


def test_auroc_counts_ties_by_half() -> None:
    assert gain.auroc([1.0, 2.0], [3.0]) == 1.0
    assert gain.auroc([3.0], [3.0]) == 0.5


def test_in_the_recording_answers_from_memory_gain_less_than_right_ones() -> None:
    recorded = answers.read()
    found = gain.gains(recorded)
    memory, right = (
        [found[each.id] for each in recorded if each.id in found and each.truth == name]
        for name in ("memory", "right")
    )

    assert gain.auroc(memory, right) > 0.8
