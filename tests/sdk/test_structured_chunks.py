"""Rows, mappings and records are chunks with all their values, judged by what they say."""

import dataclasses
import json
import sqlite3
from collections import namedtuple
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from groundwire.reading.chunks import read_chunks
from groundwire_collector.assembly.documents import chunks as chunks_of
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn


@dataclasses.dataclass
class Order:
    customer: str
    orders: int


Row = namedtuple("Row", "customer orders")
CHAIR = {"name": "Garden chair", "description": "With arm rests.", "price": 49.5, "stock": 3}
WARRANTY = {"question": "How long is the warranty?", "answer": "36 months"}


def sql_rows() -> list[Any]:
    database = sqlite3.connect(":memory:")
    database.row_factory = sqlite3.Row
    found = database.execute("select 'Ada' as customer, 17 as orders").fetchall()
    database.close()
    return found


ADA = ("Ada has 17 orders.", "Ada has 71 orders.")
COSTS = ("The garden chair costs 49.50.", "The garden chair costs 59.50.")
LASTS = ("The warranty is 36 months.", "The warranty is 24 months.")
CASES: dict[str, tuple[Any, tuple[str, str]]] = {
    "tuple": ([("Ada", 17, 420.5)], ADA),
    "one row": (("Ada", "shipped", 17), ADA),
    "one row as a list": (["Ada", 17, "shipped"], ADA),
    "one named tuple": (Row("Ada", 17), ADA),
    "one row of SQL": (sql_rows()[0], ADA),
    "decimals and dates": ([("Ada", Decimal("17"), date(2026, 3, 4))], ADA),
    "row of SQL": (sql_rows(), ADA),
    "named tuple": ([Row("Ada", 17)], ADA),
    "data class": ([Order("Ada", 17)], ADA),
    "mapping": ({"customer": "Ada", "orders": 17}, ADA),
    "list of mappings": ([{"customer": "Ada", "orders": 17}], ADA),
    "list": ([["Ada", 17]], ADA),
    "product": ([CHAIR], COSTS),
    "text beside values": ([{"id": "c", "text": "Garden chair", "price": 49.5}], COSTS),
    "metadata of a hit": ({"matches": [{"id": "c", "score": 0.9, "metadata": CHAIR}]}, COSTS),
    "question and answer": ([WARRANTY], LASTS),
    "question and answer in German": ([{"Frage": "Garantie?", "Antwort": "36 months"}], LASTS),
}


OF_PYTHON = (
    "row of SQL",
    "one row of SQL",
    "data class",
    "metadata of a hit",
    "decimals and dates",
)


def judged(chunks: list[Chunk], answer: str) -> float | None:
    evaluation = Grounding().judge(Turn(id="1", question="?", answer=answer, chunks=tuple(chunks)))
    assert evaluation.state == State.SCORED
    return evaluation.value


@pytest.mark.parametrize("name", CASES)
def test_a_record_supports_its_own_values_and_no_others(name: str) -> None:
    returned, (right, wrong) = CASES[name]
    chunks = [Chunk(text=chunk.text or "") for chunk in read_chunks(returned) or ()]
    assert (judged(chunks, right), judged(chunks, wrong)) == (1.0, 0.0)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in CASES
        if name
        not in (
            "row of SQL",
            "one row of SQL",
            "data class",
            "metadata of a hit",
            "decimals and dates",
        )
    ],
)
def test_a_record_that_another_emitter_sends_does_so_too(name: str) -> None:
    returned, (right, wrong) = CASES[name]
    sent = json.loads(json.dumps([returned] if isinstance(returned, dict) else returned))
    chunks = chunks_of(sent, rows=True) or []
    assert (judged(chunks, right), judged(chunks, wrong)) == (1.0, 0.0)


def test_a_score_or_an_id_is_read_only_where_it_is_named_so() -> None:
    (row,) = read_chunks([("Ada", 17, 420.5)]) or ()
    assert (row.id, row.text, row.score) == (None, '["Ada", 17, 420.5]', None)
    (named,) = read_chunks([{"id": 7, "score": 0.5, "customer": "Ada"}]) or ()
    assert (named.id, named.score) == ("7", 0.5)
    assert json.loads(named.text or "") == {"id": 7, "customer": "Ada"}


@pytest.mark.parametrize(
    "document",
    [
        {"text": "Refunds take 14 days.", "page": 3, "source": "x.pdf"},
        {"content": "Refunds take 14 days.", "metadata": {"team": "billing", "pages": 3}},
        {"content": "Refunds take 14 days. " * 20, "team": "billing"},
    ],
)
def test_a_document_stays_its_text(document: dict[str, Any]) -> None:
    text = document.get("text") or document["content"]
    assert [chunk.text for chunk in read_chunks([document]) or ()] == [text]
    assert [chunk.text for chunk in chunks_of([document]) or ()] == [text]


def test_lists_of_texts_are_one_list_a_query() -> None:
    texts = ["Refunds take 14 days.", "Parcels leave on Mondays."]
    assert [chunk.text for chunk in read_chunks([texts]) or ()] == texts
    (row,) = read_chunks([["Refunds take 14 days", "handbook"]]) or ()
    assert row.text == '["Refunds take 14 days", "handbook"]'
