"""Values of another column of the row than the one that was asked for."""

import json

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict

LAMP = {"name": "Lumo", "price_eur": 49.9, "stock": 3, "weight_kg": 12, "maker": "Halden"}
PERSON = {"name": "Ada", "city": "Oslo", "birthplace": "Rome", "employer": "Norvex"}
NOTATIONS = ("object", "list", "csv", "markdown", "fields")


def written(record: dict[str, object], notation: str) -> str:
    names, cells = list(record), [str(value) for value in record.values()]
    if notation == "object":
        return json.dumps(record)
    if notation == "list":
        return json.dumps([record])
    if notation == "csv":
        return f"{';'.join(names)}\n{';'.join(cells)}"
    if notation == "markdown":
        return f"| {' | '.join(names)} |\n|{'---|' * len(names)}\n| {' | '.join(cells)} |"
    return "\n".join(f"{name}: {cell}" for name, cell in zip(names, cells, strict=True))


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("What does the Lumo cost?", "€49.90", "€3"),
        ("What does the Lumo cost?", "It costs 49.90.", "It costs 12."),
        ("How many Lumo lamps are in stock?", "3", "12"),
        ("How heavy is the Lumo?", "12 kg", "3 kg"),
    ],
)
def test_a_value_of_another_column_is_contradicted(
    question: str, right: str, wrong: str, notation: str
) -> None:
    chunk = written(LAMP, notation)
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("Where does Ada live?", "Oslo", "Rome"),
        ("Where was Ada born?", "Rome", "Oslo"),
        ("Who does Ada work for?", "Norvex", "Oslo"),
    ],
)
def test_a_name_of_another_column_is_contradicted(question: str, right: str, wrong: str) -> None:
    chunk = written(PERSON, "object")
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("question", "record", "right", "wrong"),
    [
        ("Was kostet die Lumo?", {"Preis": 49.9, "Lagerbestand": 3}, "49,90 €", "3 €"),
        ("Wie hoch liegt Dorn?", {"Stadt": "Dorn", "Höhe_m": 310, "Jahr": 1204}, "310 m", "1204"),
        ("Combien coûte la Lumo ?", {"prix": 49.9, "quantité": 3}, "49,90 €", "3 €"),
        ("¿Cuánto pesa la Lumo?", {"precio": 49.9, "peso_kg": 12}, "12 kg", "49,9 kg"),
        ("Quanto costa la Lumo?", {"prezzo": 49.9, "giacenza": 3}, "49,90 €", "3 €"),
        ("Quanto custa a Lumo?", {"preço": 49.9, "estoque": 3}, "49,90 €", "3 €"),
        ("Wat kost de Lumo?", {"prijs": 49.9, "voorraad": 3}, "49,90 €", "3 €"),
        ("Was kostet die Lumo?", {"price": 49.9, "stock": 3}, "49,90 €", "3 €"),
    ],
)
def test_columns_are_known_in_seven_languages(
    question: str, record: dict[str, object], right: str, wrong: str
) -> None:
    chunk = json.dumps(record, ensure_ascii=False)
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("question", "record", "answer"),
    [
        ("What will the lamp set me back?", {"outlay": 49.9, "stock": 3}, "€49.90"),
        ("What does the lamp cost?", {"msrp": 49.9, "on_hand": 3}, "€49.90"),
        ("Who is Ada's boss?", {"name": "Ada", "lead": "Bo Lind", "firm": "Norvex"}, "Bo Lind"),
        ("How long is the walk?", {"km": 9, "mins": 210}, "9 km"),
        ("How long is the walk?", {"km": 9, "mins": 210}, "210 minutes"),
    ],
)
def test_a_column_named_in_other_words_is_not_accused(
    question: str, record: dict[str, object], answer: str
) -> None:
    assert verdict(question, answer, json.dumps(record)) is Verdict.SUPPORTED


@pytest.mark.parametrize("answer", ["$49.90", "49.90 dollars", "£49.90"])
def test_a_currency_other_than_the_headings_is_contradicted(answer: str) -> None:
    question = "What does the Lumo cost?"
    assert verdict(question, answer, json.dumps(LAMP)) is Verdict.CONTRADICTED


def test_a_value_that_prose_states_too_is_not_accused() -> None:
    record, prose = json.dumps({"price": 49.9, "stock": 3}), "The old lamp cost €3 in the sale."
    assert verdict("What did the old lamp cost?", "€3", record, prose) is Verdict.SUPPORTED


def test_values_exchanged_between_two_columns_are_contradicted() -> None:
    record = json.dumps({"price": 49.9, "stock": 3})
    question = "What do you know about the lamp?"
    right = "The lamp costs 49.90 and 3 are in stock."
    wrong = "The lamp costs 3 and 49.90 are in stock."
    assert verdict(question, right, record) is Verdict.SUPPORTED
    assert verdict(question, wrong, record) is Verdict.CONTRADICTED


def test_a_row_of_a_table_is_found_by_its_name() -> None:
    table = "| room | beds | price |\n|---|---|---|\n| Alder | 2 | 140 |\n| Birch | 4 | 95 |"
    assert verdict("How many beds has Birch?", "4", table) is Verdict.SUPPORTED
    assert verdict("How many beds has Birch?", "95", table) is Verdict.CONTRADICTED


LINES = (
    "| Line | Stop | Minutes | Fare |\n|---|---|---|---|\n"
    "| 4 | Pier | 12 | 2.40 |\n| 7 | Hill | 35 | 6.80 |"
)
STAY = '{"hotel": "Quill", "check_in": "15:00", "check_out": "11:00", "rooms": 52}'
TEAM = '{"team": "Core", "lead": "Bo Lind", "members": 6}'


@pytest.mark.parametrize(
    ("question", "chunk", "right", "wrong"),
    [
        ("How long does line 7 take?", LINES, "35 minutes", "12 minutes"),
        ("What is the fare of line 4?", LINES, "2.40", "12"),
        ("When is check-in?", STAY, "At 3 pm.", "At 11:00."),
    ],
)
def test_rows_named_by_number_and_headings_of_small_words_are_known(
    question: str, chunk: str, right: str, wrong: str
) -> None:
    assert verdict(question, right, chunk) is Verdict.SUPPORTED
    assert verdict(question, wrong, chunk) is Verdict.CONTRADICTED


def test_a_question_about_something_else_of_the_row_accuses_no_column() -> None:
    assert verdict("How big is the team?", "Six members.", TEAM) is Verdict.SUPPORTED
    assert verdict("Who is in charge?", "Bo Lind leads it.", TEAM) is Verdict.SUPPORTED


ORDER = (
    '{"order": 881, "ordered": "2026-03-02", "shipped": "2026-03-05", "delivered": "2026-03-09"}'
)


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("When did the order ship?", "2026-03-05", "2026-03-02"),
        ("When did my order ship?", "On 5 March 2026.", "March 9, 2026."),
        ("When was it delivered?", "On 9 March 2026.", "On 5 March 2026."),
        ("When was it ordered?", "2 March 2026", "9 March 2026"),
    ],
)
def test_when_asks_for_the_act_and_not_for_the_thing(question: str, right: str, wrong: str) -> None:
    assert verdict(question, right, ORDER) is Verdict.SUPPORTED
    assert verdict(question, wrong, ORDER) is Verdict.CONTRADICTED


def test_a_thing_that_is_a_column_too_leaves_the_question_plain() -> None:
    ticket = '{"ticket": 12, "opened": "2026-01-10", "closed": "2026-01-14"}'
    question = "When was the ticket closed?"
    assert verdict(question, "January 14, 2026", ticket) is Verdict.SUPPORTED
    assert verdict(question, "January 10, 2026", ticket) is Verdict.CONTRADICTED
