"""Commands that import a user's module, where it has SQLModel tables under names like ours."""

import json
import sys
from pathlib import Path

import pytest
from sqlalchemy import Integer
from typer.testing import CliRunner

from groundwire_collector.cli import application

MODULE = """
from sqlmodel import Field, SQLModel

from groundwire_evaluators.evaluation import Evaluation, State


class Turn(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    rank: int


class Label(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


def ask(question, chunks):
    return chunks[0]


class Mine:
    name, revision = "mine", "1"

    def judge(self, turn):
        return Evaluation(evaluator="mine", revision="1", state=State.SCORED, value=1.0)
"""
ANSWER = {"id": 1, "question": "What does it cost?", "contexts": ["It costs 5 euros."]}


@pytest.fixture(autouse=True)
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_app.py").write_text(MODULE, encoding="utf-8")
    lines = [json.dumps({**ANSWER, "id": number, "answer": "5 euros"}) for number in range(3)]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    from sqlmodel import SQLModel

    yield
    for name in ("turn", "label"):
        SQLModel.metadata.remove(SQLModel.metadata.tables[name])
    sys.modules.pop("shop_app", None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("probe", "run", "--function", "shop_app:ask", "--limit", "2"),
        ("gate", "answers.jsonl", "--baseline", "answers.jsonl", "--function", "shop_app:ask"),
        ("score", "answers.jsonl", "--evaluator", "shop_app:Mine"),
    ],
    ids=["probe", "gate", "score"],
)
def test_a_user_s_tables_stay_the_user_s(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(application(arguments[0]), list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    shop = sys.modules["shop_app"]
    assert type(shop.Turn.__table__.c.rank.type) is Integer
