"""Parts of one sentence, each with a value of its own."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict

HOURS = "The museum closes at 6 pm from Monday to Saturday and at 4 pm on Sundays."
FARES = "Adults pay 12 euros; children pay 5 euros."
PERIODS = "You have 14 days to cancel the order and 30 days to return the item."


@pytest.mark.parametrize(
    ("question", "chunk", "right", "wrong"),
    [
        ("When does the museum close on Sundays?", HOURS, "At 4 pm.", "At 6 pm."),
        ("What do children pay?", FARES, "5 euros", "12 euros"),
        ("How many days do I have to return the item?", PERIODS, "30 days", "14 days"),
        (
            "Who is the deputy?",
            "Ines Vorberg chairs the board; Tom Reade is her deputy.",
            "Tom Reade",
            "Ines Vorberg",
        ),
        (
            "Wie viel zahlen Kinder?",
            "Erwachsene zahlen 12 Euro; Kinder zahlen 5 Euro.",
            "5 Euro",
            "12 Euro",
        ),
    ],
)
def test_the_value_of_another_part_is_not_supported(
    question: str, chunk: str, right: str, wrong: str
) -> None:
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("question", "chunk", "answer"),
    [
        ("When does the museum close?", HOURS, "At 6 pm."),
        ("What do adults pay?", FARES, "12 euros"),
        ("When does it end?", "It begins on 18 May and ends on 3 June.", "It ends on 3 June."),
        (
            "When does it end?",
            "It begins on 18 May and ends on 3 June.",
            "It begins on 18 May and ends on 3 June.",
        ),
    ],
)
def test_the_value_of_the_part_that_answers_is_not_accused(
    question: str, chunk: str, answer: str
) -> None:
    assert verdict(question, answer, chunk) is Verdict.SUPPORTED
