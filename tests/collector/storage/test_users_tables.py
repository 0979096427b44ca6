"""Commands that import a user's module, where it has SQLModel tables under names like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
def _module(tmp_path: Path) -> None:
    (tmp_path / "shop_app.py").write_text(MODULE, encoding="utf-8")
    lines = [
        json.dumps(
            {**ANSWER, "id": n, "question": f"What does item {n} cost?", "answer": "5 euros"}
        )
        for n in range(80)
    ]
    (tmp_path / "answers.jsonl").write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ("probe", "run", "--function", "shop_app:ask", "--limit", "40", "--rate", "9000"),
        ("gate", "answers.jsonl", "--baseline", "answers.jsonl", "--function", "shop_app:ask"),
        ("score", "answers.jsonl", "--evaluator", "shop_app:Mine"),
    ],
    ids=["probe", "gate", "score"],
)
def test_a_user_s_tables_stay_the_user_s(arguments: tuple[str, ...], tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("groundwire")), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.stdout, done.stderr
    assert "already defined" not in done.stderr


def test_the_type_of_a_user_s_column_is_left_alone(tmp_path: Path) -> None:
    program = (
        "import shop_app, groundwire_collector.storage.tables\n"
        "print(shop_app.Turn.__table__.c.rank.type)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "INTEGER\n"
