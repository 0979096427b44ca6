"""Exceptions: what a sentence takes out, in seven languages."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict

# chunk, question about a day that is left in, about one that is taken out, yes, no
DAYS = [
    (
        "The museum is open every day except Monday.",
        "Is it open on Sunday?",
        "Is it open on Monday?",
        "Yes.",
        "No.",
    ),
    (
        "The library opens daily except on Fridays.",
        "Is the library open on Tuesdays?",
        "Is the library open on Fridays?",
        "Yes.",
        "No.",
    ),
    (
        "Das Museum ist täglich außer montags geöffnet.",
        "Ist das Museum sonntags geöffnet?",
        "Ist das Museum montags geöffnet?",
        "Ja.",
        "Nein.",
    ),
    (
        "Le musée est ouvert tous les jours sauf le mardi.",
        "Le musée est-il ouvert le dimanche ?",
        "Le musée est-il ouvert le mardi ?",
        "Oui.",
        "Non.",
    ),
    (
        "El museo abre todos los días excepto los lunes.",
        "¿Abre el museo los domingos?",
        "¿Abre el museo los lunes?",
        "Sí.",
        "No.",
    ),
    (
        "Il museo è aperto tutti i giorni tranne il lunedì.",
        "Il museo è aperto la domenica?",
        "Il museo è aperto il lunedì?",
        "Sì.",
        "No.",
    ),
    (
        "O museu está aberto todos os dias exceto domingo.",
        "O museu está aberto no sábado?",
        "O museu está aberto no domingo?",
        "Sim.",
        "Não.",
    ),
    (
        "Het museum is elke dag open behalve op maandag.",
        "Is het museum open op zondag?",
        "Is het museum open op maandag?",
        "Ja.",
        "Nee.",
    ),
]


@pytest.mark.parametrize(("chunk", "left_in", "taken_out", "yes", "no"), DAYS)
def test_a_day_is_open_unless_it_is_taken_out(
    chunk: str, left_in: str, taken_out: str, yes: str, no: str
) -> None:
    assert verdict(left_in, yes, chunk) is Verdict.SUPPORTED
    assert verdict(taken_out, no, chunk) is Verdict.SUPPORTED
    assert verdict(left_in, no, chunk) is not Verdict.SUPPORTED
    assert verdict(taken_out, yes, chunk) is not Verdict.SUPPORTED


MUSEUM = DAYS[0][0]


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("Is it open on Sunday?", "Yes, it is open on Sunday.", True),
        ("Is it open on Monday?", "No, it is closed on Mondays.", True),
        ("Is it open on Monday?", "Yes, it is open on Monday.", False),
        ("Is it open on Sunday?", "No, it is closed on Sundays.", False),
        ("Is it open on Sunday?", "It is open every day except Monday.", True),
    ],
)
def test_sentences_about_a_day_are_compared_with_the_exception(
    question: str, answer: str, right: bool
) -> None:
    assert (verdict(question, answer, MUSEUM) is Verdict.SUPPORTED) is right


@pytest.mark.parametrize(
    ("chunk", "question", "answer", "right"),
    [
        ("All rooms except the attic have a balcony.", "Has the attic a balcony?", "Yes.", False),
        ("All rooms except the attic have a balcony.", "Has the attic a balcony?", "No.", True),
        ("Dogs are not admitted, except guide dogs.", "Are guide dogs admitted?", "Yes.", True),
        ("Dogs are not admitted, except guide dogs.", "Are guide dogs admitted?", "No.", False),
    ],
)
def test_what_a_sentence_takes_out_is_the_contrary_of_the_rest(
    chunk: str, question: str, answer: str, right: bool
) -> None:
    assert (verdict(question, answer, chunk) is Verdict.SUPPORTED) is right


def test_a_thing_left_out_behind_but_not_is_denied() -> None:
    chunk = "Dogs are allowed in the garden, but not in the dining room."
    question = "Where are dogs allowed?"
    assert verdict(question, "Dogs are allowed in the garden.", chunk) is Verdict.SUPPORTED
    wrong = verdict(question, "Dogs are allowed in the dining room.", chunk)
    assert wrong is Verdict.CONTRADICTED
    german = "Hunde sind im Garten erlaubt, aber nicht im Speisesaal."
    assert verdict("Wo?", "Hunde sind im Garten erlaubt.", german) is Verdict.SUPPORTED
    assert verdict("Wo?", "Hunde sind im Speisesaal erlaubt.", german) is not Verdict.SUPPORTED


def test_a_contrast_behind_a_comma_is_denied() -> None:
    chunk = "The delivery was late because of a strike, not because of the weather."
    right = "The delivery was late because of a strike."
    wrong = "The delivery was late because of the weather."
    assert verdict("Why?", right, chunk) is Verdict.SUPPORTED
    assert verdict("Why?", wrong, chunk) is Verdict.CONTRADICTED
