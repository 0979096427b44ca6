"""`groundwire labels`: to a file and back, on both databases."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, delete
from typer.testing import CliRunner

from groundwire_collector.commands.labels import labels
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels as store
from groundwire_collector.storage import turns
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn

ANSWER = "It may weigh 30 kg."


@pytest.fixture
def place(settings: Settings, engine: Engine) -> list[str]:
    """The flags that lead to a database with three turns."""
    made = [
        Turn(
            id=f"t{number}",
            trace_id=f"{number:032x}",
            service="shop",
            question="How heavy?",
            answer=ANSWER,
            chunks=(Chunk(id="c", text="Up to 30 kg."),),
            started_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        for number in range(3)
    ]
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, ()) for turn in made])
    url = ["--database-url", settings.database_url] if settings.database_url else []
    return ["--data-dir", str(settings.data_dir), *url]


def run(place: list[str], *arguments: str) -> Result:
    return CliRunner().invoke(labels, [*arguments, *place])


def lines(*records: Any) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def stored(engine: Engine) -> list[Label]:
    with engine.connect() as connection:
        return store.find(connection, LabelQuery())


def test_what_is_exported_is_imported_alike(place: list[str], engine: Engine, tmp_path: Path):
    message = [
        {"verdict": "supported"},
        {"start": 0, "end": 5, "verdict": "contradicted"},
        {"chunk_id": "c", "relevant": False},
        {"reference": "Thirty kg — “at most”.\u2028"},
    ]
    provided = [
        Label(turn_id="t1", labeller="anna", labelled_ns=1_790_000_000_123_456_000 + i, **each)
        for i, each in zip(range(0, 4000, 1000), message, strict=True)
    ]
    with engine.begin() as connection:
        store.add(connection, provided)
    before = stored(engine)
    file = tmp_path / "labels.jsonl"
    assert run(place, "export", str(file)).exit_code == 0
    with engine.begin() as connection:
        connection.execute(delete(LABEL))
    assert (
        run(place, "import", str(file)).output.strip().startswith("imported: 4 labels, 0 already")
    )
    assert [without_id(label) for label in stored(engine)] == [without_id(b) for b in before]
    again = run(place, "import", str(file))
    assert again.output.strip() == "imported: 0 labels, 4 already existed"


def vars_of(label: Label) -> dict[str, Any]:
    return {name: getattr(label, name) for name in Label.__dataclass_fields__}


def without_id(label: Label) -> dict[str, Any]:
    return {**vars_of(label), "id": 0}


def test_the_file_stands_alone_with_texts_and_leaves_out_what_was_replaced(
    place: list[str], engine: Engine
) -> None:
    for at, verdict in enumerate(("supported", "unsupported")):
        label = Label(turn_id="t0", labeller="anna", labelled_ns=at * 1000, verdict=verdict)
        with engine.begin() as connection:
            store.add(connection, [label])
    [record] = [
        json.loads(line) for line in run(place, "export", "--with-text").output.split("\n") if line
    ]
    assert record["verdict"] == "unsupported"
    assert (record["id"], record["answer"], record["contexts"]) == ("t0", ANSWER, ["Up to 30 kg."])
    assert len(run(place, "export", "--history").output.splitlines()) == 2
    assert run(place, "export", "--service", "other").output == ""


def test_every_bad_line_is_named_and_nothing_is_imported(
    place: list[str], engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "labels.jsonl"
    bad = [
        {"turn_id": "t9", "verdict": "supported"},
        {"turn_id": "t0"},
        {"turn_id": "t0", "verdict": "good"},
        {"turn_id": 7, "verdict": "supported"},
        {"turn_id": "t0", "claim": [0, 5], "verdict": "supported"},
        {"turn_id": "t0", "claim": {"start": 0, "end": 99}, "verdict": "supported"},
        {"turn_id": "t0", "chunk_id": "c", "relevant": "yes"},
        {"turn_id": "t0", "verdict": "supported", "labelled_at": "yesterday"},
        {"turn_id": "t0", "verdict": "supported", "sampling_probability": True},
    ]
    file.write_text(lines({"turn_id": "t0", "verdict": "supported"}, *bad))
    answer = run(place, "import", str(file), "--labeller", "anna")
    assert answer.exit_code == 1
    for number in range(2, 11):
        assert f"record {number}: " in answer.stderr
    assert "record 1:" not in answer.stderr
    assert stored(engine) == []
    assert run(place, "import", str(file), "--labeller", "anna", "--skip-bad").exit_code == 1
    [label] = stored(engine)
    assert (label.labeller, label.verdict, label.service) == ("anna", "supported", "shop")


def test_an_import_needs_the_name_of_a_labeller(place: list[str], tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(lines({"turn_id": "t0", "verdict": "supported"}))
    assert "--labeller NAME" in run(place, "import", str(file)).stderr
