"""Kinds of answers: to a question, a summary, about records."""

import pytest

from groundwire_evaluators.grounding.kinds import kind_of


@pytest.mark.parametrize(
    "instruction",
    [None, " ", "Summarize the article.", "Please write a short summary of the text.", "TL;DR",
     "Fasse den Text zusammen.", "Résumez le texte.", "Resume el texto.", "Riassumi il testo.",
     "Vat de tekst samen."],
)  # fmt: skip
def test_no_question_and_an_instruction_to_summarise_make_a_summary(
    instruction: str | None,
) -> None:
    assert kind_of(instruction, on_records=False) == "summaries"


@pytest.mark.parametrize("question", ["What is the fee?", "Who wrote the summary?", "Vatican?"])
def test_any_other_question_makes_an_answer(question: str) -> None:
    assert kind_of(question, on_records=False) == "answers"


def test_records_are_a_kind_of_their_own() -> None:
    assert kind_of("Summarize it.", on_records=True) == "records"
