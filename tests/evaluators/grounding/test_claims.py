"""What an answer is cut into: which pieces are claims, and which say nothing."""

import pytest

from groundwire_evaluators.grounding.claims import Candidate, candidates


def cut(answer: str, question: str | None = None) -> list[tuple[str, str | None]]:
    return [
        (candidate.read.text, candidate.skip_reason)
        for candidate in candidates(answer, "en", question)
    ]


def asides(answer: str, question: str | None = None) -> dict[str, str | None]:
    return dict(cut(answer, question))


@pytest.mark.parametrize(
    "answer",
    ["**The fee is 30 euros.**", "**30 days**", "# 30 days", "- **30** days", "<b>30 days</b>"],
)
def test_a_whole_answer_in_bold_or_in_a_list_is_a_claim(answer: str) -> None:
    [(_, aside)] = cut(answer)
    assert aside is None


def test_a_heading_is_none() -> None:
    answer = "## Fees\n**Opening hours**\nWe open at 9.\n\n**Prices:**\n- The fee is 30 euros."
    assert [text for text, aside in cut(answer) if aside is None] == [
        "We open at 9.",
        "The fee is 30 euros.",
    ]


def test_a_bold_sentence_among_others_is_a_claim() -> None:
    assert asides("**Smoking is allowed.**\nThe fee is 3 euros.")["Smoking is allowed."] is None


def test_ranges_point_into_the_answer_without_its_marks() -> None:
    answer = "Sure!\n\n1. **Dogs** may come. They *must* be quiet.\n"
    found: list[Candidate] = [
        candidate for candidate in candidates(answer) if candidate.skip_reason is None
    ]
    assert [candidate.text for candidate in found] == ["Dogs** may come.", "They *must* be quiet."]
    assert all(answer[candidate.start : candidate.end] == candidate.text for candidate in found)


def test_items_and_rows_are_read_with_what_introduces_them() -> None:
    answer = "The chair comes in:\n- Red\n- Yellow\n\n| Plan | Fee |\n|---|---|\n| Pro | 29 EUR |"
    found = {
        candidate.read.text: candidate.lead
        for candidate in candidates(answer)
        if candidate.skip_reason is None
    }
    assert found == {
        "Red": "The chair comes in:",
        "Yellow": "The chair comes in:",
        "| Pro | 29 EUR |": "| Plan | Fee |",
    }


def test_a_repeated_claim_counts_once() -> None:
    found = cut("The fee is 30 euros. " * 4)
    assert [aside for _, aside in found] == [None, *["said before"] * 3]


@pytest.mark.parametrize(
    "answer",
    [
        "When do carried leave days lapse?",
        "The answer is: When do carried leave days lapse.",
        "When do carried leave days lapse:",
        "You asked when carried leave days lapse.",
    ],
)
def test_saying_the_question_again_claims_nothing(answer: str) -> None:
    [(_, aside)] = cut(answer, "When do carried leave days lapse?")
    assert aside is not None


def test_what_follows_the_question_is_the_claim() -> None:
    answer = "How much does it cost: **€30**."
    [candidate] = candidates(answer, "en", "How much does it cost?")
    assert (candidate.read.text, candidate.skip_reason) == ("€30.", None)
    assert answer[candidate.start : candidate.end] == candidate.text == "€30**."


def test_a_question_turned_into_a_statement_claims_something() -> None:
    assert cut("The fee is 30 euros.", "Is the fee 30 euros?") == [("The fee is 30 euros.", None)]
    assert cut("blue", "Is the chair red or blue?") == [("blue", None)]


@pytest.mark.parametrize(
    "sentence",
    ["Good morning!", "I'm glad you asked.", "Let me look that up for you.", "I hope this helps!",
     "As an AI assistant, I can only repeat the pages.", "I'm just a bot, so ask the staff too.",
     "Please contact support if you need anything else.", "Have a bright day.", "Enjoy your stay!",
     "Einen schönen Tag noch!", "Wir wünschen Ihnen viel Freude.", "Bonne journée !",
     "Buona giornata.", "Que tenga un buen día.", "Tenha um bom dia!", "Nog een fijne dag verder."],
)  # fmt: skip
def test_small_talk_claims_nothing(sentence: str) -> None:
    assert asides(f"{sentence} The fee is 30 euros.")[sentence] == "courtesy"


@pytest.mark.parametrize(
    "sentence",
    ["Take care of the keys.", "Have a day off for each year.", "Good luck costs money."],
)
def test_what_starts_like_a_farewell_claims_something(sentence: str) -> None:
    assert asides(sentence)[sentence] is None


def test_sentences_that_comment_or_advise_are_known() -> None:
    answer = (
        "Overall, care matters. It is important to note this. Consult a professional. Dogs bark."
    )
    assert [candidate.comment for candidate in candidates(answer)] == [True, True, True, False]
