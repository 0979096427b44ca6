"""Claims about rows of a table: the right row and the right column, or a conflict."""

import json

import pytest
from tests.one_claim import verdict

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.turn import Chunk, Turn

TABLE = (
    "| Plan | Seats | Price a month | City | Support |\n|---|---|---|---|---|\n"
    "| Basic | 5 | 9 EUR | Lund | no |\n| Pro | 20 | 19 EUR | Graz | yes |\n"
    "| Pro Max | 50 | 49 EUR | Oslo | yes |"
)
RECORD = json.dumps(
    {
        "plans": [
            {"plan": "Basic", "seats": 5, "price": 9, "city": "Lund", "support": False},
            {"plan": "Pro", "seats": 20, "price": 19, "city": "Graz", "support": True},
            {"plan": "Pro Max", "seats": 50, "price": 49, "city": "Oslo", "support": True},
        ]
    }
)


def conflicts(claim: str, chunk: str) -> list[tuple[str, str]]:
    [(_, reading)] = comparisons(Turn(answer=claim, chunks=(Chunk(text=chunk),)))
    return [(one.claimed, one.shown) for one in reading.disagreements if one.kind == "cell"]


@pytest.mark.parametrize("chunk", [TABLE, RECORD])
@pytest.mark.parametrize(
    "claim",
    [
        "The Basic plan has 5 seats.",
        "Pro Max has 50 seats and costs 49 a month.",
        "The Basic plan costs 9 and the Pro plan 19.",
        "There are three plans: Basic, Pro and Pro Max.",
        "The Basic plan is sold in Lund, the Pro plan in Graz.",
        "The Pro plan includes support.",
        "The Basic plan has no support.",
        "The cheapest plan is Basic.",
    ],
)
def test_a_right_row_and_column_is_no_conflict(claim: str, chunk: str) -> None:
    assert conflicts(claim, chunk) == []


@pytest.mark.parametrize("chunk", [TABLE, RECORD])
@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("The Basic plan has 20 seats.", "20"),
        ("The Pro plan costs 49 a month.", "49"),
        ("The Basic plan costs 19 and the Pro plan 9.", "19"),
        ("The Pro plan is sold in Lund.", "Lund"),
        ("The Basic plan includes support.", "support"),
        ("The Pro plan has no support.", "support"),
        ("The cheapest plan is Pro.", "cheapest"),
        ("The most expensive plan is Basic.", "most"),
    ],
)
def test_a_value_of_another_row_or_column_is_one(claim: str, message: str, chunk: str) -> None:
    found = conflicts(claim, chunk)
    assert found
    assert found[0][0].startswith(message)


def test_the_reason_names_row_and_column() -> None:
    [(_, shown)] = conflicts("The Pro plan costs 49 EUR a month.", TABLE)
    assert shown == "Pro, Price a month: 19 EUR"


ROWS = (
    [
        '{"name": "Ada", "city": "Oslo", "orders": 17}',
        '{"name": "Bob", "city": "Rome", "orders": 71}',
    ],
    ["name: Ada\norders: 17\ncity: Oslo", "name: Bob\norders: 71\ncity: Rome"],
    ['["Ada", "Oslo", 17]', '["Bob", "Rome", 71]'],
)
ORDERS, CITY = "How many orders does Ada have?", "Where does Ada live?"


def apart(chunks: list[str], question: str, answer: str) -> list[str]:
    turn = Turn(question=question, answer=answer, chunks=tuple(Chunk(text=c) for c in chunks))
    [(_, reading)] = comparisons(turn)
    return [one.claimed for one in reading.disagreements if one.kind == "cell"]


@pytest.mark.parametrize("chunks", ROWS)
@pytest.mark.parametrize(
    ("question", "answer", "claimed"),
    [
        (ORDERS, "Ada has 71 orders.", "71"),
        (ORDERS, "71", "71"),
        (CITY, "Rome", "Rome"),
        (CITY, "Ada lives in Rome.", "Rome"),
    ],
)
def test_chunks_of_one_row_each_are_read_as_one_table(
    chunks: list[str], question: str, answer: str, claimed: str
) -> None:
    assert apart(chunks, question, answer) == [claimed]


@pytest.mark.parametrize("chunks", ROWS)
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (ORDERS, "Ada has 17 orders."),
        (ORDERS, "17"),
        (CITY, "Oslo."),
        ("Who has more orders?", "Bob has more orders, 71 against 17."),
        ("How many orders do Ada and Bob have?", "Ada has 17 orders and Bob 71."),
        ("How many orders more than Ada does Bob have?", "71 against 17"),
    ],
)
def test_a_right_value_of_a_row_apart_is_no_conflict(
    chunks: list[str], question: str, answer: str
) -> None:
    assert apart(chunks, question, answer) == []


def test_a_row_without_a_name_column_is_known_by_its_item() -> None:
    chunks = [
        '{"sku": "A-12", "item": "Lamp", "price": 49.9}',
        '{"sku": "B-07", "item": "Desk", "price": 199}',
    ]
    assert apart(chunks, "What does the lamp cost?", "€199") == ["199"]
    assert apart(chunks, "What does the lamp cost?", "€49.90") == []


TRAINS = """| Train | To | Departs | Arrives |
|---|---|---|---|
| IC 701 | Oslo | 08:12 | 14:40 |
| IC 703 | Oslo | 12:12 | 18:55 |
| RE 12 | Ystad | 09:05 | 10:01 |"""


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("Which train arrives at 10:01?", "RE 12", True),
        ("Which train arrives at 10:01?", "IC 701", False),
        ("Which train leaves at 12:12?", "The IC 701.", False),
        ("How many trains go to Oslo?", "Two.", True),
        ("How many trains go to Oslo?", "Three.", False),
    ],
)
def test_a_row_is_found_by_its_value_and_rows_are_counted(
    question: str, answer: str, right: bool
) -> None:
    assert (verdict(question, answer, TRAINS) is Verdict.SUPPORTED) is right
