"""Claims that say "only" or "all" where the chunk names some of several."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict

# chunk, question, right, wrong
LIMITED = [
    (
        "Students and pensioners get a discount.",
        "Who gets a discount?",
        "Students get a discount.",
        "Only students get a discount.",
    ),
    (
        "The pool is open on Saturdays and Sundays.",
        "When is the pool open?",
        "The pool is open on Sundays.",
        "The pool is open only on Sundays.",
    ),
    (
        "We accept Visa and Mastercard.",
        "Which cards do you accept?",
        "We accept Visa.",
        "We accept Visa only.",
    ),
    (
        "Schüler und Rentner bekommen Rabatt.",
        "Wer bekommt Rabatt?",
        "Schüler bekommen Rabatt.",
        "Nur Schüler bekommen Rabatt.",
    ),
    (
        "Les membres et leurs invités peuvent entrer.",
        "Qui peut entrer ?",
        "Les membres peuvent entrer.",
        "Seuls les membres peuvent entrer.",
    ),
    (
        "Los estudiantes y los jubilados reciben un descuento.",
        "¿Quién recibe un descuento?",
        "Los estudiantes reciben un descuento.",
        "Solo los estudiantes reciben un descuento.",
    ),
    (
        "Studenti e pensionati ricevono uno sconto.",
        "Chi riceve uno sconto?",
        "Gli studenti ricevono uno sconto.",
        "Solo gli studenti ricevono uno sconto.",
    ),
    (
        "Estudantes e idosos recebem desconto.",
        "Quem recebe desconto?",
        "Os estudantes recebem desconto.",
        "Apenas os estudantes recebem desconto.",
    ),
    (
        "Studenten en gepensioneerden krijgen korting.",
        "Wie krijgt korting?",
        "Studenten krijgen korting.",
        "Alleen studenten krijgen korting.",
    ),
]


@pytest.mark.parametrize(("chunk", "question", "right", "wrong"), LIMITED)
def test_only_is_not_said_of_one_of_several(
    chunk: str, question: str, right: str, wrong: str
) -> None:
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    ("chunk", "answer"),
    [
        ("We only accept Visa and Mastercard.", "We accept only Visa and Mastercard."),
        ("Members and their guests alone may enter, no others.", "Members may enter."),
        ("Students and pensioners get a discount.", "Students and pensioners get a discount."),
        ("The lift is for staff and deliveries only.", "The lift is only for staff."),
    ],
)
def test_a_chunk_that_limits_too_or_a_claim_that_does_not_is_left_alone(
    chunk: str, answer: str
) -> None:
    assert verdict("What is the rule?", answer, chunk) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("chunk", "answer", "right"),
    [
        ("We accept Visa and Mastercard.", "We accept all cards.", False),
        ("Students and pensioners get a discount.", "All visitors get a discount.", False),
        ("All guests pay the city tax.", "All guests pay the city tax.", True),
        ("The rooms have a balcony.", "All the rooms have a balcony.", True),
    ],
)
def test_all_is_not_said_where_some_are_named(chunk: str, answer: str, right: bool) -> None:
    assert (verdict("What is the rule?", answer, chunk) is Verdict.SUPPORTED) is right


def test_only_one_is_not_said_where_the_chunk_says_either() -> None:
    chunk = "Either party may terminate this agreement with notice."
    wrong = "Only the supplier may terminate this agreement with notice."
    assert verdict("Who?", wrong, chunk) is not Verdict.SUPPORTED
    right = "Either party may terminate this agreement."
    assert verdict("Who?", right, chunk) is Verdict.SUPPORTED
