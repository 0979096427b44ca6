"""The part of the recording that the demo replays."""

from dataclasses import replace
from pathlib import Path

from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, demo, rows
from groundwire_demo import recording

BASE = replace(ROW, checkpoint="base", arm="base", step=0)
TUNED = replace(ROW, checkpoint="deployment-144", arm="deployment", step=144)


def closed(row: rows.Row) -> rows.Row:
    return replace(row, mode="closed", passages=[])


def test_a_question_is_taken_where_both_models_answered_with_passages_and_without() -> None:
    whole = answers.with_truth([BASE, closed(BASE), TUNED, closed(TUNED)])
    assert len(demo.part(whole)) == 4
    assert demo.part(whole[:3]) == []


def test_other_checkpoints_are_left_out() -> None:
    assert demo.part(answers.with_truth([ROW, closed(ROW)])) == []


def test_the_file_is_what_the_demo_reads(tmp_path: Path) -> None:
    whole = answers.with_truth([BASE, closed(BASE), TUNED, closed(TUNED)])
    demo.write(whole, tmp_path / "answers.jsonl.gz")
    assert (tmp_path / "answers.jsonl.gz").read_bytes() == recording.pack(demo.part(whole))
