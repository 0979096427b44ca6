"""Values of another part of a sentence than the one a claim or a question names."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

BUS = "Bus 41 leaves from platform 3, bus 14 from platform 7."
PRICES = "Adults pay €12, children pay €5 and pensioners €8."
FEES = "In 2019 the fee was €5, and in 2020 it was €6."

RIGHT = [
    ("Where does bus 14 leave?", "Platform 7.", BUS),
    ("Where does bus 41 leave?", "From platform 3.", BUS),
    ("Which bus leaves from platform 3?", "Bus 41.", BUS),
    ("Where do the buses leave?", "Bus 41 leaves from platform 3, bus 14 from platform 7.", BUS),
    ("Who pays what?", "Children pay €5.", PRICES),
    ("Who pays what?", "Adults pay €12 and pensioners €8.", PRICES),
    ("What was the fee in 2020?", "€6", FEES),
    ("Wie lange dauert es?", "Linie 7 braucht 35 Minuten.",
     "Linie 4 braucht 20 Minuten, Linie 7 braucht 35 Minuten."),
    ("What do the soup and the coffee cost?", "The coffee costs €1.",
     "The menu has soup, bread and coffee for €3, €2 and €1."),
    ("¿Cuánto cuesta?", "Los niños pagan 5 euros.",
     "Los adultos pagan 12 euros, los niños pagan 5 euros."),
    ("Quel est le prix ?", "La chambre double coûte 90 euros.",
     "La chambre simple coûte 60 euros, la chambre double coûte 90 euros."),
]  # fmt: skip
WRONG = [
    ("Where does bus 14 leave?", "Platform 3.", BUS),
    ("Where does bus 41 leave?", "From platform 7.", BUS),
    ("Which bus leaves from platform 3?", "Bus 14.", BUS),
    ("Where do the buses leave?", "Bus 41 leaves from platform 7, bus 14 from platform 3.", BUS),
    ("Who pays what?", "Children pay €12.", PRICES),
    ("Who pays what?", "Pensioners pay €5.", PRICES),
    ("Who pays what?", "Adults pay €8 and pensioners €12.", PRICES),
    ("What was the fee in 2020?", "€5", FEES),
    ("What were the fees?", "In 2020 the fee was €5.", FEES),
    ("Wie lange dauert es?", "Linie 7 braucht 20 Minuten.",
     "Linie 4 braucht 20 Minuten, Linie 7 braucht 35 Minuten."),
    ("¿Cuánto cuesta?", "Los niños pagan 12 euros.",
     "Los adultos pagan 12 euros, los niños pagan 5 euros."),
    ("Quel est le prix ?", "La chambre double coûte 60 euros.",
     "La chambre simple coûte 60 euros, la chambre double coûte 90 euros."),
    ("What is the dose?", "Adults take 250 mg.",
     "Children take 250 mg, adults take 500 mg."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer", "chunk"), RIGHT)
def test_a_value_with_its_own_part_is_supported(question: str, answer: str, chunk: str) -> None:
    assert verdict(question, answer, chunk) is Verdict.SUPPORTED


@pytest.mark.parametrize(("question", "answer", "chunk"), WRONG)
def test_a_value_of_another_part_is_not_supported(question: str, answer: str, chunk: str) -> None:
    assert verdict(question, answer, chunk) is not Verdict.SUPPORTED


def test_a_value_that_another_sentence_binds_so_is_supported() -> None:
    chunk = f"{PRICES} On Mondays children pay €12."
    assert verdict("Who pays what?", "Children pay €12.", chunk) is Verdict.SUPPORTED


def test_numbers_without_end_are_judged() -> None:
    numbers = "1," * 4000
    turn = Turn(question="Which?", answer=numbers, chunks=(Chunk(text=numbers),))
    assert Grounding(reader=None).judge(turn).state is State.SCORED
