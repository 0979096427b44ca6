"""Texts that a database refuses are stored without what it refuses, in every column."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, String, Text, select
from sqlalchemy.types import JSON
from sqlmodel import SQLModel

from groundwire_collector.storage import turns
from groundwire_collector.storage.text_cleaning import clean_text
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Chunk, Turn

BAD, GOOD = "a\0b\ud83ec\udcffd", "ab\ufffdc\ufffdd"
TRACE = "ab" * 16


def test_a_turn_is_stored_whatever_its_texts_hold(engine: Engine) -> None:
    turn = Turn(
        id=f"{TRACE}-{1:016x}",
        trace_id=TRACE,
        service="shop",
        question=BAD,
        answer=BAD,
        chunks=(Chunk(id=BAD, text=BAD, rank=0, metadata={BAD: BAD}),),
        session_id=BAD,
        user_id=BAD,
        model=BAD,
        model_version=BAD,
        prompt_version=BAD,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    claim = Claim(start=0, end=4, text=BAD, verdict=Verdict.UNSUPPORTED, reason=BAD)
    judged = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, reason=BAD, claims=(claim,)
    )
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, (judged,))])
    with engine.connect() as connection:
        (found,) = turns.of_traces(connection, [TRACE])
    assert (found.question, found.answer, found.session_id) == (GOOD, GOOD, GOOD)
    assert found.chunks[0].text == GOOD


@pytest.mark.parametrize("kind", [String, Text, JSON])
def test_no_column_of_any_table_refuses_a_text(engine: Engine, kind: type) -> None:
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, kind):
                value = {"k": [BAD]} if kind is JSON else BAD
                with engine.connect() as connection:
                    connection.execute(select(column).where(column == value))


def test_what_needs_no_cleaning_is_the_same_object() -> None:
    for text in ("", "plain", "é 🥰 ü"):
        assert clean_text(text) is text
    assert clean_text(BAD) == GOOD
