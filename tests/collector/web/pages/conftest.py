"""A collector with a few judged turns, and a browser session that is logged in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.tables.drift import ALARM
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import (
    Citation,
    CitationOutcome,
    Claim,
    Evaluation,
    Extent,
    State,
    Verdict,
)
from groundwire_evaluators.turn import Chunk, Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SENTENCES = (
    "Parcels weigh up to 30 kg [1].",
    "They arrive within two days.",
    "We love parcels!",
)
ANSWER = " ".join(SENTENCES)
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\u202e \" onmouseover=\"alert(1)"


def judged_turn(number: int, p_unsupported: float = 0.9, **facts: object) -> JudgedTurn:
    trace_id = f"{number:032x}"
    turn = {
        "id": f"{trace_id}-{number:016x}",
        "trace_id": trace_id,
        "service": "shop",
        "model_version": "ft-1",
        "prompt_version": "p-1",
        "question": f"How heavy may parcel {number} be?",
        "answer": ANSWER,
        "chunks": (
            Chunk(id="weights", text="A parcel weighs up to 30 kg.", score=12.5, rank=0),
            Chunk(id="times", text="Parcels arrive within five days.", rank=1),
            Chunk(id="other", text="Letters need a stamp.", rank=2, metadata={"source": "faq"}),
        ),
        "started_at": NOON + timedelta(minutes=number),
    }
    evaluation = Evaluation(
        evaluator="grounding",
        revision="1",
        state=State.SCORED,
        value=0.5,
        flagged=p_unsupported >= 0.5,
        claims=claims(),
        citations=(
            Citation(start=26, end=29, marker="[1]", outcome=CitationOutcome.VALID, chunk=0),
        ),
        signals={"p_unsupported": p_unsupported},
    )
    return JudgedTurn(Turn(**{**turn, **facts}), (evaluation,))


def claims() -> tuple[Claim, ...]:
    first, second, third = (_extent(text) for text in SENTENCES)
    words = _extent("two days")
    return (
        Claim(**first, text="", verdict=Verdict.SUPPORTED, chunk=0),
        Claim(
            **second,
            text="",
            verdict=Verdict.CONTRADICTED,
            chunk=1,
            reason="two days, not five",
            spans=(Extent(**words),),
        ),
        Claim(**third, text="", verdict=Verdict.NOT_A_CLAIM),
    )


def _extent(text: str) -> dict[str, int]:
    start = ANSWER.index(text)
    return {"start": start, "end": start + len(text)}


def save(app: FastAPI, *judged: JudgedTurn) -> None:
    with app.state.engine.begin() as connection:
        turns.save(connection, judged)


def raise_alarm(app: FastAPI, **changes: object) -> None:
    nanoseconds = int(NOON.timestamp()) * 10**9
    row = {
        "service": "shop",
        "signal": "p_unsupported",
        "dimension": "model_version",
        "value": "ft-1",
        "cause": "model",
        "raised_ns": nanoseconds,
        "changed_ns": nanoseconds,
        "changed_from_ns": nanoseconds,
        "changed_until_ns": nanoseconds,
        "size": 0.1234,
        "size_low": 0.05,
        "size_high": 0.2,
        "details": {},
    }
    with app.state.engine.begin() as connection:
        connection.execute(insert(ALARM), [{**row, **changes}])


def key_of(app: FastAPI, *scopes: Scope, services: list[str] | None = None) -> str:
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "test", scopes or keys.ALL_SCOPES, services)
    return key


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return create_app(Settings(data_dir=tmp_path))


@pytest.fixture
def stranger(app: FastAPI):
    """A browser that has no key."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(app: FastAPI, stranger: TestClient) -> TestClient:
    answer = stranger.post("/login", data={"key": key_of(app, Scope.READ), "next": "/turns"})
    assert answer.headers["location"] == "/turns"
    return stranger


@pytest.fixture
def pages():
    """What the tests of this folder share: they cannot import one another."""
    return SimpleNamespace(
        judged_turn=judged_turn,
        save=save,
        raise_alarm=raise_alarm,
        key_of=key_of,
        answer=ANSWER,
        hostile=HOSTILE,
        noon=NOON,
    )
