"""Who did it: the name before the words of a question, not one behind them."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict


@pytest.mark.parametrize(
    ("question", "chunk", "right", "wrong"),
    [
        (
            "Who came first?",
            "Mara Lund came first in the race, ahead of Tom Reade.",
            "Mara Lund",
            "Tom Reade",
        ),
        (
            "Who succeeded Lena Fisk?",
            "Paul Arden succeeded Lena Fisk, who had followed Ines Vorberg.",
            "Paul Arden",
            "Ines Vorberg",
        ),
        (
            "Who founded the firm?",
            "The firm was founded by Lena Fisk in 1987; Tom Reade joined in 1990.",
            "Lena Fisk",
            "Tom Reade",
        ),
        (
            "Wer leitete das Werk?",
            "Karl Wenner leitete das Werk lange vor Jutta Sommer.",
            "Karl Wenner",
            "Jutta Sommer",
        ),
    ],
)
def test_the_object_of_a_sentence_is_not_its_subject(
    question: str, chunk: str, right: str, wrong: str
) -> None:
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("question", "chunk", "answer"),
    [
        ("Who came first?", "Mara Lund and Tom Reade came first together.", "Tom Reade"),
        ("Who came first?", "Mara Lund came first and so did Tom Reade.", "Tom Reade"),
        ("Who founded it?", "It was founded by Lena Fisk and Tom Reade.", "Tom Reade"),
        ("Who wrote Low Tide?", "Low Tide was written by Karl Moor.", "Karl Moor"),
        ("Who came second?", "Mara Lund came first, Tom Reade second.", "Tom Reade"),
        ("Who won the cup?", "Mara Lund lost it. Tom Reade won the cup.", "Tom Reade"),
    ],
)
def test_a_name_that_may_be_the_subject_is_not_accused(
    question: str, chunk: str, answer: str
) -> None:
    assert verdict(question, answer, chunk) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("question", "chunk"),
    [
        ("Who won?", "Mara Lund beat Tom Reade 3-1 on Saturday."),
        ("Wer hat gewonnen?", "Mara Lund besiegte Tom Reade mit 3:1."),
        ("¿Quién ganó?", "Mara Lund venció a Tom Reade por 3-1."),
        ("Who won the match?", "Mara Lund defeated Tom Reade in the match."),
    ],
)
def test_who_won_is_who_beat_the_other(question: str, chunk: str) -> None:
    assert verdict(question, "Mara Lund.", chunk) is Verdict.SUPPORTED
    assert verdict(question, "Tom Reade.", chunk) is not Verdict.SUPPORTED
