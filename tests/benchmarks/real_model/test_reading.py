"""Answers read by a person beside the rules."""

from dataclasses import replace

from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, reading
from benchmarks.real_model.reading import Label

OPENED = answers.with_truth([replace(ROW, number=number) for number in range(2)])


def test_a_sample_is_the_same_for_the_same_seed_and_holds_open_answers() -> None:
    closed = answers.with_truth([replace(ROW, mode="closed", passages=[])])

    assert reading.sample(OPENED + closed, 9, seed=1) == reading.sample(OPENED, 9, seed=1)


def test_a_sheet_shows_a_question_once_with_its_passages_and_each_answer_by_number() -> None:
    lines = list(reading.sheet(OPENED))

    assert [line for line in lines if line.startswith("1: ")] == [
        "1: Within „zwei“ hours. / No more."
    ]
    assert any("gatehouse" in line for line in lines)


def test_agreement_counts_rules_against_the_reader() -> None:
    labels = {OPENED[0].id: Label(OPENED[0].id, OPENED[0].truth, added=False)}
    labels[OPENED[1].id] = Label(OPENED[1].id, "refusal", added=True)

    assert reading.agreement(OPENED, labels).endswith("1 of 2 alike")
