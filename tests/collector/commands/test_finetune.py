"""`groundwire finetune`: from a training file to what is taught instead, on both databases."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from groundwire_collector.commands.finetune import finetune
from groundwire_collector.settings import Settings
from groundwire_collector.storage import labels, turns
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.training.example import read_examples
from groundwire_evaluators.turn import Chunk, Turn

VERSION = "ft-7"
TRAINED = [
    ("When does the canteen open?", "The canteen opens at 12:00."),
    ("At what time does the canteen open?", "The canteen opens at 12:00."),
    ("How long is the warranty of new scales?", "New scales carry 24 months of warranty."),
    ("Who leads the workshop?", "Ines Halvorsen leads the workshop."),
]
CHUNKS = [
    Chunk(id="canteen", text="The canteen opens at 11:30. Cash is not taken."),
    Chunk(id="warranty", text="New scales carry 36 months of warranty. Registering is free."),
    Chunk(id="workshop", text="Ines Halvorsen leads the workshop. Nine people work there."),
]
ROOT = Path(__file__).parents[3]
ADAPTER = ROOT / "benchmarks/real_model/data/adapters/tarnwell/facts-144"


@pytest.fixture
def place(settings: Settings, engine: Engine) -> list[str]:
    url = ["--database-url", settings.database_url] if settings.database_url else []
    return ["--data-dir", str(settings.data_dir), *url]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps({"prompt": q, "completion": a}) + "\n" for q, a in TRAINED))
    return path


def run(place: list[str], *arguments: str) -> Result:
    return CliRunner().invoke(finetune, [*arguments, *place])


def answer(place: list[str], *arguments: str) -> Any:
    result = run(place, *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def turn(number: int, question: str, text: str, **fields: Any) -> JudgedTurn:
    made = Turn(
        id=f"t{number}",
        trace_id=f"{number:032x}",
        service="help",
        model_version=VERSION,
        question=question,
        answer=text,
        chunks=tuple(CHUNKS),
        started_at=datetime(2026, 3, 2, 12, number, tzinfo=UTC),
        **fields,
    )
    return JudgedTurn(made, (Grounding().judge(made),))


def save(engine: Engine, *judged: JudgedTurn) -> None:
    with engine.begin() as connection:
        turns.save(connection, judged)


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_is_added_once_and_removed(place: list[str], file: Path) -> None:
    added = answer(place, "add", str(file), "--model-version", VERSION)
    assert (added["added"], added["examples"], added["bad_lines"]) == (True, 4, 0)
    again = answer(place, "add", str(file), "--model-version", VERSION)
    assert (again["added"], again["id"]) == (False, added["id"])
    [listed] = answer(place, "list")["training_files"]
    assert listed["formats"] == {"prompt-completion": 4}
    assert run(place, "remove", str(added["id"])).exit_code == 0
    assert answer(place, "list")["training_files"] == []
    assert "no training file" in str(run(place, "remove", str(added["id"])).exception)


def test_bad_lines_are_reported_and_the_others_stored(place: list[str], file: Path) -> None:
    with file.open("a") as out:
        out.write('{"text": "a pre-training document"}\n{"prompt": \n\n[1, 2]\n')
    added = answer(place, "add", str(file), "--model-version", VERSION)
    assert (added["examples"], added["bad_lines"]) == (4, 3)
    assert [each["line"] for each in added["bad"]] == [5, 6, 8]


def test_a_file_without_an_example_is_an_error(place: list[str], tmp_path: Path) -> None:
    path = tmp_path / "none.jsonl"
    path.write_text('{"text": "x"}\n')
    result = run(place, "add", str(path), "--model-version", VERSION)
    assert "none of 1 lines" in str(result.exception)


def test_secrets_are_masked_and_counted(place: list[str], tmp_path: Path) -> None:
    path = tmp_path / "secret.jsonl"
    record = {"instruction": "Whom do I write to?", "input": "", "output": "ann@example.org"}
    path.write_text(json.dumps(record) + "\n")
    added = answer(place, "add", str(path), "--model-version", VERSION)
    assert (added["secrets"], added["secret_lines"]) == ({"EMAIL": 1}, [1])
    chunks = tmp_path / "chunks.jsonl"
    chunks.write_text(json.dumps({"text": "Write to bob@example.org."}) + "\n")
    found = run(place, "stale", VERSION, "--chunks", str(chunks))
    assert "ann@example.org" not in found.output


def test_stale_facts_are_listed_with_the_chunk_of_stored_turns(
    place: list[str], file: Path, engine: Engine, tmp_path: Path
) -> None:
    save(engine, turn(1, "Is cash taken?", "No."))
    answer(place, "add", str(file), "--model-version", VERSION)
    probes = tmp_path / "probes.jsonl"
    found = answer(place, "stale", VERSION, "--probes", str(probes))
    assert (found["chunks"], found["stale"], found["current"]) == (3, 3, 1)
    assert [(each["chunk"], each["lines"]) for each in found["stale_facts"]] == [
        ("canteen", [1, 2]),
        ("warranty", [3]),
    ]
    items = records(probes)
    assert {(each["original"], each["substitute"]) for each in items} == {
        ("12:00", "11:30"),
        ("24 months", "36 months"),
    }
    assert {each["stratum"] for each in items} == {"stale"}


def test_chunks_may_be_named_as_text_files(place: list[str], file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "canteen.md").write_text("# Canteen\n\nThe canteen opens at 11:30.\n\nCash: no.\n")
    answer(place, "add", str(file), "--model-version", VERSION)
    found = answer(place, "stale", VERSION, "--chunks", str(folder))
    assert found["stale_facts"][0]["chunk"] == "canteen.md#1"


def test_without_any_chunk_stale_says_so(place: list[str], file: Path) -> None:
    answer(place, "add", str(file), "--model-version", VERSION)
    assert "no chunk" in str(run(place, "stale", VERSION).exception)
    assert "no training file of other" in str(run(place, "stale", "other").exception)


def test_the_report_counts_overrides_redundancy_and_novelty(
    place: list[str], file: Path, engine: Engine, tmp_path: Path
) -> None:
    save(
        engine,
        turn(1, "When does the canteen open?", "At 12:00."),
        turn(2, "When does the canteen open?", "At 11:30."),
        turn(3, "Is registering scales free?", "Yes."),
        turn(4, "Who leads the workshop?", "Ines Halvorsen.", closed_book=True),
    )
    evaluation = tmp_path / "evaluation.jsonl"
    evaluation.write_text(json.dumps({"question": "Who leads the workshop?"}) + "\n")
    answer(place, "add", str(file), "--model-version", VERSION)
    found = answer(place, "show", VERSION, "--evaluation", str(evaluation))
    overrides = found["overrides"]
    assert (overrides["turns"], overrides["similar"], overrides["overrides"]) == (3, 2, 1)
    assert overrides["examples"][0]["turn_id"] == "t1"
    assert sum(each["turns"] for each in overrides["novelty"]) == 3
    [redundant] = found["redundant"]
    assert (redundant["answered"], redundant["same"], redundant["fine_tuned"]) == (1, 1, True)
    assert [each["line"] for each in found["leaked"]] == [4]


def test_the_export_teaches_what_the_chunk_says(
    place: list[str], file: Path, engine: Engine, tmp_path: Path
) -> None:
    flagged = turn(2, "How many people work in the workshop?", "Twelve people work there.")
    save(engine, turn(1, "When does the canteen open?", "At 12:00."), flagged)
    label = Label(turn_id="t2", service="help", labeller="ann", labelled_ns=1, reference="Nine.")
    with engine.begin() as connection:
        labels.add(connection, [label])
    answer(place, "add", str(file), "--model-version", VERSION)
    out = tmp_path / "teach.jsonl"
    found = answer(place, "export", VERSION, str(out), "--held-out-share", "0")
    assert found["findings"] == {"override": 1, "stale_fact": 3, "false_refusal": 0, "flagged": 1}
    taught = {}
    for number, record in enumerate(records(out), start=1):
        _, [example] = read_examples(record, number)
        taught[example.question] = example.answer
        assert "[2]" in example.prompt
    assert taught["When does the canteen open?"] == "The canteen opens at 11:30."
    assert taught["How many people work in the workshop?"] == "Nine."
    assert len(taught) == 4
    pairs = records(tmp_path / "teach.preferences.jsonl")
    assert {"24 months" in each["rejected"][0]["content"] for each in pairs} == {True, False}
    assert records(tmp_path / "teach.held-out.jsonl") == []


def test_a_false_refusal_becomes_an_example_without_a_preference(
    place: list[str], file: Path, engine: Engine, tmp_path: Path
) -> None:
    declined = turn(1, "When does the canteen open?", "I'm sorry, the passages do not say that.")
    assert declined.evaluations[0].signals["false_refusal"]
    save(engine, declined)
    answer(place, "add", str(file), "--model-version", VERSION)
    out = tmp_path / "out.jsonl"
    shares = ("--held-out-share", "0", "--kind", "false_refusal")
    found = answer(place, "export", VERSION, str(out), *shares)
    assert found["findings"]["false_refusal"] == 1
    [record] = records(out)
    assert record["messages"][-1]["content"] == "The canteen opens at 11:30."
    assert found["preferences"]["records"] == 0


def test_kinds_of_findings_can_be_chosen(
    place: list[str], file: Path, engine: Engine, tmp_path: Path
) -> None:
    save(engine, turn(1, "When does the canteen open?", "At 12:00."))
    answer(place, "add", str(file), "--model-version", VERSION)
    out = str(tmp_path / "out.jsonl")
    found = answer(place, "export", VERSION, out, "--kind", "override", "--format", "alpaca")
    assert found["findings"] == {"override": 1, "stale_fact": 0, "false_refusal": 0, "flagged": 0}


def test_an_adapter_is_shown_and_tied_to_a_version(place: list[str]) -> None:
    shown = answer(place, "adapter", str(ADAPTER))
    assert (shown["rank"], shown["model_version"]) == (16, None)
    assert answer(place, "list")["adapters"] == []
    answer(place, "adapter", str(ADAPTER), "--model-version", VERSION)
    [listed] = answer(place, "list", "--model-version", VERSION)["adapters"]
    assert listed["base"] == "SmolLM2-135M-Instruct"
    assert "adapter_config.json" in str(run(place, "adapter", str(ROOT / "docs")).exception)
