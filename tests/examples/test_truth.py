from typing import Any

from groundwire_demo.truth import lines


def turn(model: str, question: str, flagged: bool | None, **further: Any) -> dict[str, Any]:
    scores = [{"evaluator": "grounding", "flagged": flagged}]
    return {
        "model_version": model,
        "question": question,
        "answer": f"{question}!",
        "closed_book": False,
        "scores": scores,
        **further,
    }


TRUTHS = {
    ("m", "a", "a!"): "memory",
    ("m", "b", "b!"): "right",
    ("m", "c", "c!"): "invented",
}


def test_answers_are_counted_by_what_they_did_and_whether_they_were_flagged() -> None:
    turns = [
        turn("m", "a", True),
        turn("m", "a", False),
        turn("m", "b", None),
        turn("m", "c", True),
    ]
    [line] = lines(turns, TRUTHS)
    assert line == (
        "m: 2 of 4 answers came from memory; Groundwire flagged 1."
        " Wrong for other reasons: 1, 1 flagged. Right: 1, 0 flagged"
    )


def test_closed_book_calls_and_unknown_questions_do_not_count() -> None:
    turns = [turn("m", "a", True, closed_book=True), turn("m", "z", True)]
    assert list(lines(turns, TRUTHS)) == []


def test_answers_that_were_not_recorded_are_counted_without_a_class() -> None:
    [line] = lines([turn("m", "a", True), turn("m", "a", True, answer="new")], TRUTHS)
    assert "1 of 1 answers came from memory" in line
    assert line.endswith(". 1 further answers differ from the recorded ones")


def test_the_flag_is_that_of_grounding_alone() -> None:
    other = [{"evaluator": "override", "flagged": True}]
    [line] = lines([turn("m", "a", False, scores=other)], TRUTHS)
    assert "flagged 0. " in line
