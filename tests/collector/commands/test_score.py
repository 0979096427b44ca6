import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.model_server import ChatServer, judging
from typer.testing import CliRunner, Result

from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError

ROWS = [
    {"id": "a", "question": "?", "contexts": ["The fee is 20 euros."], "answer": "It is 20 euros."},
    {"id": 2, "contexts": ["The fee is 20 euros."], "answer": "The fee is 30 euros."},
    {"id": "c", "contexts": [], "answer": "The fee is 20 euros."},
    {"id": "d", "contexts": ["The fee is 20 euros."], "answer": "I don't know."},
]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(application("score"), ["score", *map(str, arguments)])


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.jsonl.gz"])
def test_one_line_comes_out_for_each_that_goes_in(tmp_path: Path, name: str) -> None:
    result = run(write(tmp_path / name, ROWS))
    assert result.exit_code == 0, result.output
    found = lines(result.stdout)
    assert [line["id"] for line in found] == ["a", 2, "c", "d"]
    assert [line["state"] for line in found] == ["scored", "scored", "no_context", "refusal"]
    assert found[0]["faithfulness"] == 1.0
    assert found[1]["claims"][0]["verdict"] == "contradicted"
    assert found[1]["claims"][0]["spans"] == [{"start": 11, "end": 19}]
    assert all(found[2][key] is None for key in ("faithfulness", "p_unsupported", "flagged"))


def test_processes_and_out_change_nothing_in_the_lines(tmp_path: Path) -> None:
    rows = [{**row, "id": f"{row['id']}-{at}"} for at in range(20) for row in ROWS]
    file = write(tmp_path / "answers.jsonl", rows)
    assert run(file, "--processes", 1, "--out", tmp_path / "one").exit_code == 0
    assert run(file, "--processes", 2, "--out", tmp_path / "two").exit_code == 0
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text()


def test_a_flag_rate_flags_the_worst(tmp_path: Path) -> None:
    rows = [ROWS[0]] * 9 + [ROWS[1]]
    result = run(write(tmp_path / "answers.jsonl", rows), "--flag-rate", 0.1)
    assert [line["flagged"] for line in lines(result.stdout)] == [False] * 9 + [True]


def test_a_calibration_is_read_or_learnt_from_labels(tmp_path: Path) -> None:
    file = write(tmp_path / "answers.jsonl", ROWS[:1])
    plain = lines(run(file).stdout)[0]["p_unsupported"]
    fixed = write(tmp_path / "calibration.json", [{"slope": 1.0, "shift": 2.0}])
    assert lines(run(file, "--calibration", fixed).stdout)[0]["p_unsupported"] > plain
    labels = [{**ROWS[0], "unsupported": 1}] * 20 + [{**ROWS[0], "unsupported": 0}] * 20
    learnt = write(tmp_path / "labels.jsonl", labels)
    p = lines(run(file, "--calibration", learnt).stdout)[0]["p_unsupported"]
    assert p == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{\n", "line 1"),
        ('{"id": 1}\n[]\n', "line 2"),
        ('{"contexts": "text", "answer": "x"}\n', "contexts must be a list of strings"),
        ('{"contexts": [1], "answer": "x"}\n', "contexts must be a list of strings"),
        ('{"contexts": [], "answer": 3}\n', "answer must be a string or null"),
    ],
)
def test_a_malformed_line_is_a_clear_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    result = run(file)
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert result.stdout == ""


def test_options_out_of_range_are_a_clear_error(tmp_path: Path) -> None:
    file = write(tmp_path / "answers.jsonl", ROWS)
    for arguments in (("--flag-rate", 2), ("--evaluator", "nobody"), ("--calibration", file)):
        assert isinstance(run(file, *arguments).exception, UsageError | typer.Exit)


def test_a_judge_of_the_environment_scores_a_file(
    tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.plays(judging)
    monkeypatch.setenv("GROUNDWIRE_JUDGE_ENDPOINT", server.url)
    monkeypatch.setenv("GROUNDWIRE_JUDGE_MODEL", "acme-1")
    rows = [{**ROWS[0], "answer": "The fee is 20 euros."}, ROWS[1], ROWS[3]]
    result = run(write(tmp_path / "answers.jsonl", rows), "--evaluator", "llm_judge")
    assert result.exit_code == 0, result.output
    found = lines(result.stdout)
    assert [line["state"] for line in found] == ["scored", "scored", "refusal"]
    assert [line["faithfulness"] for line in found] == [1.0, 0.0, None]
    assert found[1]["claims"][0]["spans"] == [{"start": 0, "end": 20}]
    assert len(server.requested) == 2


def test_a_judge_without_an_endpoint_says_what_to_set(tmp_path: Path) -> None:
    result = run(write(tmp_path / "answers.jsonl", ROWS), "--evaluator", "llm_judge")
    assert isinstance(result.exception, UsageError)
    assert "judge_endpoint and judge_model" in str(result.exception)


def test_an_override_is_a_value_and_no_faithfulness(tmp_path: Path) -> None:
    row = {**ROWS[1], "question": "How much is the fee?"}
    result = run(write(tmp_path / "answers.jsonl", [row]), "--evaluator", "override")
    [line] = lines(result.stdout)
    assert (line["state"], line["value"], line["faithfulness"]) == ("scored", 1.0, None)
