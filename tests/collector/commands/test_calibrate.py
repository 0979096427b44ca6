"""`groundwire calibrate`: from a labelled file, and from stored labels of a service."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from groundwire_collector.cli import application
from groundwire_collector.commands.calibrate import calibrate
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels as store
from groundwire_collector.storage import turns
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn

TEXT = "A crate may weigh {} kg."


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(calibrate)
    result = CliRunner().invoke(app, [*arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_labelled_file_gives_a_calibration_that_score_takes(tmp_path: Path) -> None:
    labelled, out = tmp_path / "labelled.jsonl", tmp_path / "calibration.json"
    records = [
        {
            "id": number,
            "question": "How heavy may a crate be?",
            "contexts": [TEXT.format(30)],
            "answer": TEXT.format(30 if number % 5 else 45),
            "unsupported": int(number % 5 == 0),
        }
        for number in range(40)
    ]
    labelled.write_text("".join(json.dumps(record) + "\n" for record in records))
    report = json.loads(run(str(labelled), "--out", str(out)).stdout)
    assert (report["labels"], report["slope"]) == (40, 1.0)
    assert set(report["calibration_error"]) == {"before", "after"}
    result = CliRunner().invoke(
        application("score"), ["score", str(labelled), "--calibration", str(out)]
    )
    assert result.exit_code == 0
    first = json.loads(result.stdout.splitlines()[0])
    assert first["p_unsupported"] > 0.5


def test_stored_labels_of_one_service_are_enough(settings: Settings, engine: Engine) -> None:
    made = [
        Turn(
            id=f"t{number}",
            trace_id=f"{number:032x}",
            service="shop" if number < 35 else "other",
            question="How heavy may a crate be?",
            answer=TEXT.format(30),
            chunks=(Chunk(id="c", text=TEXT.format(30)),),
            started_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for number in range(40)
    ]
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, ()) for turn in made])
        store.add(
            connection,
            [
                Label(turn_id=turn.id, labeller="ann", labelled_ns=1, verdict="supported")
                for turn in made
            ],
        )
    url = ["--database-url", settings.database_url] if settings.database_url else []
    place = ["--data-dir", str(settings.data_dir), *url]
    report = json.loads(run("--service", "shop", *place).stdout)
    assert report["labels"] == 35
    with pytest.raises(UsageError, match="30 labels, there are 5"):
        run("--service", "other", *place)


def test_a_file_or_a_service_is_needed() -> None:
    with pytest.raises(UsageError, match="give a FILE"):
        run()
