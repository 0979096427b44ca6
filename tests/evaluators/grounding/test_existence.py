"""Existence affirmed and denied, in seven languages."""

import pytest

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

# question, affirmed, denied
TEXTS = [
    ("Is there a lift?", "There is a lift in the house.", "There is no lift in the house."),
    ("Has the flat a balcony?", "The flat has a balcony.", "The flat has no balcony."),
    ("Gibt es einen Aufzug?", "Es gibt einen Aufzug im Haus.", "Es gibt keinen Aufzug im Haus."),
    (
        "Hat die Wohnung einen Balkon?",
        "Die Wohnung hat einen Balkon.",
        "Die Wohnung hat keinen Balkon.",
    ),
    (
        "Y a-t-il un ascenseur ?",
        "Il y a un ascenseur dans la maison.",
        "Il n'y a pas d'ascenseur dans la maison.",
    ),
    ("L'hôtel a un parking ?", "L'hôtel a un parking.", "L'hôtel n'a pas de parking."),
    ("¿Hay piscina?", "Hay una piscina en el hotel.", "No hay piscina en el hotel."),
    ("C'è un parcheggio?", "C'è un parcheggio in hotel.", "Non c'è parcheggio in hotel."),
    ("Há elevador?", "Há um elevador no prédio.", "Não há elevador no prédio."),
    ("Is er een lift?", "Er is een lift in het gebouw.", "Er is geen lift in het gebouw."),
]


def supported(question: str, answer: str, chunk: str) -> bool:
    turn = Turn(question=question, answer=answer, chunks=(Chunk(text=chunk),))
    [claim] = Grounding(reader=None).judge(turn).claims
    return claim.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(("question", "affirmed", "denied"), TEXTS)
def test_what_a_chunk_denies_to_exist_is_not_supported(
    question: str, affirmed: str, denied: str
) -> None:
    assert supported(question, affirmed, affirmed)
    assert supported(question, denied, denied)
    assert not supported(question, affirmed, denied)
    assert not supported(question, denied, affirmed)


def test_a_question_repeated_as_its_answer_is_a_claim() -> None:
    assert supported("C'è un parcheggio?", "C'è un parcheggio.", "C'è un parcheggio qui accanto.")
    assert not supported("¿Hay piscina?", "Hay piscina.", "No hay piscina en el hotel.")


def test_a_no_with_its_verb_is_evaluated_as_a_no() -> None:
    assert supported("¿Hay piscina?", "No, no hay.", "No hay piscina en el hotel.")


def test_a_thing_denied_apart_from_its_verb_is_denied() -> None:
    chunk = "We accept cards and cash, but no cheques."
    assert supported("Can I pay by cheque?", "No.", chunk)
    assert not supported("Can I pay by cheque?", "Yes.", chunk)
    assert supported("Can I pay by card?", "Yes.", chunk)
