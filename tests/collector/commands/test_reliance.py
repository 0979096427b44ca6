"""`groundwire reliance` on files as people have them."""

import gzip
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from groundwire_collector.commands.reliance import reliance
from groundwire_collector.errors import UsageError

app = typer.Typer()
app.command()(reliance)

ROWS = [
    {"id": "a", "context_answer": "Ankova", "parametric_answer": "Newholt", "response": "Ankova."},
    {"id": "b", "context_answer": "Ankova", "parametric_answer": "Newholt", "response": "Newholt"},
    {"id": "c", "context_answer": "Ankova", "parametric_answer": "Newholt", "response": None},
    {"id": 4, "context_answer": 115, "parametric_answer": "5", "response": "There are 115."},
    {"id": "e", "context_answer": "Ankova", "parametric_answer": None, "response": "I don't know."},
    {
        "id": "f",
        "context_answer": "FGIA",
        "context_answer_aliases": ["Federal Grain Inspection Authority"],
        "parametric_answer": "NCB",
        "response": "the federal grain inspection authority",
    },
]


def run(path: Path, *more: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, [str(path), *more], catch_exceptions=False)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_lines_come_out_in_order_and_the_last_is_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n", encoding="utf-8")
    *lines, last = run(path)
    assert [line["id"] for line in lines] == ["a", "b", "c", 4, "e", "f"]
    assert [line["followed"] for line in lines] == [
        "context", "parametric", None, "context", "refusal", "context"
    ]  # fmt: skip
    assert all(line["rule"] for line in lines)
    summary = last["summary"]
    assert isinstance(summary, dict)
    assert summary["memorization_ratio"] == 0.25
    assert (summary["p_s"], summary["p_o"]) == (0.6, 0.2)
    low, high = summary["interval"]
    assert 0 < low < 0.25 < high < 1
    assert summary["counts"] == {
        "context": 3, "parametric": 1, "both": 0, "neither": 0, "refusal": 1
    }  # fmt: skip
    assert summary["unlabelled"] == 1


def test_gzip_is_read_and_a_file_is_written(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl.gz", tmp_path / "out.jsonl"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, ROWS)).encode()))
    assert run(path, "--out", str(out)) == []
    assert len(out.read_text(encoding="utf-8").splitlines()) == len(ROWS) + 1


def test_answers_to_one_question_are_one_cluster(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{**ROWS[i % 2], "group_id": str(i % 2)} for i in range(400)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    low, high = run(path)[-1]["summary"]["interval"]  # type: ignore[index]
    assert high - low > 0.5


def test_an_empty_file_has_no_ratio(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.touch()
    summary = run(path)[-1]["summary"]
    assert isinstance(summary, dict)
    assert summary["memorization_ratio"] is None
    assert summary["interval"] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "line 1"),
        (b"[1]\n", "object"),
        (b'{"response": ["x"]}', "response"),
        (b'{"response": "x", "context_answer_aliases": "y"}', "list"),
        (b"\xff\xfe", "line 1"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        reliance(path)


def test_a_missing_file_is_reported_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        reliance(tmp_path / "none.jsonl")
