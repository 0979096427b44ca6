"""What Groundwire says of recorded answers, beside what they did."""

from dataclasses import replace

from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, judged

RIGHT = replace(ROW, answer="A new access badge is printed within six hours at the gatehouse.")
WRONG = replace(ROW, number=1, answer="A new access badge is printed within two hours.")
CLOSED = replace(ROW, mode="closed", passages=[], answer="Two hours.")


def test_a_judgement_is_counted_with_what_the_answer_did() -> None:
    found = judged.judge(answers.with_truth([RIGHT, WRONG, CLOSED]))

    assert [(each.answer.truth, each.flagged) for each in found] == [
        ("right", False),
        ("memory", True),
    ]
    assert found[0].closed_book == "Two hours."
    assert "| tarnwell | facts-12 | 1/1 | 1/1 | 0/1 |" in judged.detections(found)


def test_a_checkpoint_with_few_answers_is_reported_to_have_too_few_for_the_gate() -> None:
    found = judged.judge(answers.with_truth([RIGHT, WRONG, CLOSED]))

    assert "too few" in judged.levels(found)
