"""The recording as data."""

from dataclasses import replace
from pathlib import Path

from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, truth


def test_a_row_gets_what_it_was_shown_and_what_it_did() -> None:
    (found,) = answers.with_truth([ROW])

    assert [each.id for each in found.passages] == ["access-badges#1"]
    assert "gatehouse" in found.passages[0].text
    assert (found.this_year, found.last_year) == ("six", "two")
    assert found.id == "tarnwell/facts-12/open/access-badges:0/0"


def test_published_answers_are_read_back_and_give_the_same_bytes(tmp_path: Path) -> None:
    both = answers.with_truth([ROW, replace(ROW, mode="closed", passages=[])])
    one, other = tmp_path / "one.gz", tmp_path / "other.gz"
    answers.write(both, one)
    answers.write(reversed(both), other)

    assert sorted(answers.read(one), key=str) == sorted(both, key=str)
    assert one.read_bytes() == other.read_bytes()


def test_the_recording_says_what_the_rules_say_now() -> None:
    for each in answers.read()[::25]:
        fact = answers.facts(each.handbook)[each.fact]
        shown = [str(part) for part in each.passages]

        assert each.truth == truth.classify(fact, each.question, shown, each.answer), each.id


def test_the_recording_holds_each_answer_once_in_both_modes() -> None:
    recorded = answers.read()
    opened = {each.id.replace("/open/", "/") for each in recorded if each.mode == "open"}
    closed = {each.id.replace("/closed/", "/") for each in recorded if each.mode == "closed"}

    assert len({each.id for each in recorded}) == len(recorded)
    assert opened == closed
    assert all(each.passages for each in recorded if each.mode == "open")
    assert all(each.logprob <= 0 for each in recorded)


def test_the_fine_tuned_model_knows_last_year_by_heart_and_the_base_model_does_not() -> None:
    closed = [each for each in answers.read() if each.mode == "closed" and each.tuned]

    def share(checkpoint: str) -> float:
        found = [each for each in closed if each.checkpoint == checkpoint]
        return sum(each.truth == "memory" for each in found) / len(found)

    assert share("base") < 0.1
    assert share("facts-144") > 0.7


def test_a_question_that_a_checkpoint_has_not_answered_yet_is_not_whole() -> None:
    closed = replace(ROW, mode="closed", passages=[])
    later = replace(ROW, number=1)
    assert answers.whole([ROW, closed, later]) == [ROW, closed]


def test_a_question_for_which_nothing_was_retrieved_is_left_out() -> None:
    blind = replace(ROW, number=1, passages=[])
    closed = replace(blind, mode="closed")
    assert (
        answers.whole([ROW, replace(ROW, mode="closed", passages=[]), blind, closed])[-1].number
        == 0
    )
