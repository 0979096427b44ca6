"""Values and names exchanged in a sentence that a chunk says word for word."""

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding.evidence import parse_statement
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.grounding.swaps import swapped_values
from groundwire_evaluators.text.words import LANGUAGES


def found(claim: str, *chunks: str, code: str = "en") -> list[tuple[str, str]]:
    language = LANGUAGES[code]
    passages = [Passage(chunk, language) for chunk in chunks]
    swapped = swapped_values(parse_statement(claim, language), passages, language)
    return [(each.claimed, each.shown) for each in swapped]


@pytest.mark.parametrize(
    ("code", "claim", "chunk", "conflict"),
    [
        ("en", "The long tour takes 2 hours.", "The short tour takes 2 hours. "
         "The long tour takes 5 hours.", ("2 hours", "5 hours")),
        ("en", "The archive opens at 8:30.", "The archive opens at 10:00. The kiosk opens at 8:30.",
         ("8:30", "10:00")),
        ("de", "Die Karte kostet 4 Euro.", "Die Karte kostet 9 Euro. Der Plan kostet 4 Euro.",
         ("4 Euro", "9 Euro")),
        ("es", "La visita dura 2 horas.", "La visita dura 3 horas. El curso dura 2 horas.",
         ("2 horas", "3 horas")),
    ],
)  # fmt: skip
def test_a_value_of_another_sentence_is_set_against_the_one_in_its_place(
    code: str, claim: str, chunk: str, conflict: tuple[str, str]
) -> None:
    assert found(claim, chunk, code=code) == [conflict]


@pytest.mark.parametrize(
    ("claim", "chunks"),
    [
        ("The fee is €15.", ["The fee is €12 or €15."]),
        ("Ben founded the school.", ["Anna and Ben founded the school."]),
        ("The tour takes 2 hours.", ["The tour takes 5 hours.", "The tour takes 2 hours."]),
        ("It takes 2 hours.", ["The tour takes 5 hours. The walk takes 2 hours."]),
        ("Heat the oven to 200 °C.", ["Heat the oven to 180 °C.", "At 200 °C, heat the oven."]),
    ],
)
def test_a_value_that_the_chunk_states_too_is_no_swap(claim: str, chunks: list[str]) -> None:
    assert found(claim, *chunks) == []


def test_first_and_last_name_of_one_person_are_no_exchange() -> None:
    chunk = "Jill Dillard is a midwife. Dillard was prepared for a late birth at home."
    assert found("Jill was prepared for a late birth at home.", chunk) == []
    assert found("Anna was prepared for a late birth at home.", chunk) == [("Anna", "Dillard")]


@pytest.mark.parametrize(
    ("chunk", "right", "wrong"),
    [
        (
            "The price was raised from €10 to €12 in May.",
            "The price rose from €10 to €12.",
            "The price rose from €12 to €10.",
        ),
        (
            "Der Preis stieg von 10 € auf 12 €.",
            "Der Preis ging von 10 € auf 12 €.",
            "Der Preis ging von 12 € auf 10 €.",
        ),
        (
            "First switch off the power, then remove the cover.",
            "First switch off the power, then remove the cover.",
            "First remove the cover, then switch off the power.",
        ),
    ],
)
def test_a_change_or_an_order_turned_round_is_contradicted(
    chunk: str, right: str, wrong: str
) -> None:
    assert verdict("What happens?", right, chunk) is Verdict.SUPPORTED
    assert verdict("What happens?", wrong, chunk) is Verdict.CONTRADICTED
