"""`groundwire agreement`: evaluators against people, from stored labels and from files."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError
from groundwire_collector.estimates.labels import draw
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels, turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(application("agreement"), ["agreement", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    reported: dict[str, Any] = json.loads(result.stdout)
    return reported


def test_stored_labels_of_drawn_turns_are_compared(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    rate = Settings().label_rate
    drawn = [n for n in range(1, 2000) if draw(f"{n:032x}") < rate][:40]
    with engine.begin() as connection:
        for number in (*drawn, 99_999):
            message = Evaluation(
                evaluator="grounding",
                revision="7",
                state=State.SCORED,
                flagged=number % 3 == 0,
                signals={"p_unsupported": 0.9 if number % 3 == 0 else 0.1},
            )
            turn = Turn(id=f"t{number}", trace_id=f"{number:032x}", service="bot", answer="x")
            turns.save(connection, [JudgedTurn(turn, (message,))])
            verdict = "unsupported" if number % 3 == 0 else "supported"
            label = Label(turn_id=turn.id, labeller="anna", labelled_ns=1, verdict=verdict)
            labels.add(connection, [label])
    engine.dispose()
    reported = run("--data-dir", str(tmp_path), "--service", "bot")
    [found] = reported["evaluators"]
    assert (found["evaluator"], found["revision"], found["turns"]) == ("grounding", "7", 40)
    assert found["kappa"] == pytest.approx(1.0)
    assert found["sensitivity"]["value"] == found["specificity"]["value"] == 1.0
    assert found["sensitivity"]["interval"][0] < 1
    assert reported["labellers"] == []
    assert run("--data-dir", str(tmp_path), "--service", "other")["evaluators"] == []


def test_an_evaluator_is_held_against_a_labelled_file(tmp_path: Path) -> None:
    contexts = ["The fee is 20 euros.", "The shop closes at nine."]
    lines: list[dict[str, Any]] = []
    for number in range(12):
        good = number % 2 == 0
        answer = "The fee is 20 euros." if good else "It costs 975 dollars in Oslo, Norway."
        shared = {"id": number, "question": "?", "contexts": contexts, "answer": answer}
        label = {"verdict": "supported" if good else "unsupported"} if number < 6 else {
            "unsupported": int(not good)
        }  # fmt: skip
        lines.append({**shared, **label})
    lines.append({**lines[0], "claim": {"start": 0, "end": 3}, "verdict": "contradicted"})
    lines.append({**lines[0], "verdict": "undecided"})
    file = tmp_path / "labelled.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    [found] = run(str(file))["evaluators"]
    assert (found["evaluator"], found["turns"]) == ("grounding", 12)
    assert found["sensitivity"]["value"] == 1.0
    assert found["calibration"]["brier"] < 0.25


def test_a_file_without_labels_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"contexts": ["a"], "answer": "a"}\n')
    with pytest.raises(UsageError, match="too few"):
        run(str(file))
    file.write_text('{"contexts": ["a"], "answer": "a", "unsupported": 3}\n')
    with pytest.raises(UsageError, match="record 1"):
        run(str(file))
