"""A recording while it grows."""

from dataclasses import replace
from pathlib import Path

from benchmarks.real_model import rows
from benchmarks.real_model.rows import Row

ROW = Row(
    handbook="tarnwell",
    checkpoint="facts-12",
    arm="facts",
    step=12,
    mode="open",
    fact="access-badges:0",
    number=0,
    tuned=True,
    question="Within how many hours is a new access badge printed?",
    passages=["access-badges#1"],
    answer="Within „zwei“ hours.\nNo more.",
    finished=True,
    tokens=5,
    logprob=-1.5,
    logprob_open_answer=None,
    logprob_this=-0.5,
    logprob_last=-2.5,
)


def test_rows_are_read_as_they_were_appended(tmp_path: Path) -> None:
    path = tmp_path / rows.FILE
    rows.append(path, [ROW])
    rows.append(path, [replace(ROW, number=1)])

    assert rows.read(path) == [ROW, replace(ROW, number=1)]


def test_a_line_cut_short_is_dropped_and_the_next_append_is_whole(tmp_path: Path) -> None:
    path = tmp_path / rows.FILE
    rows.append(path, [ROW, replace(ROW, number=1)])
    path.write_bytes(path.read_bytes()[:-40])

    assert rows.taken_up(path) == {ROW.key}
    rows.append(path, [replace(ROW, number=1)])
    assert [row.number for row in rows.read(path)] == [0, 1]


def test_the_first_of_two_rows_of_one_key_counts(tmp_path: Path) -> None:
    path = tmp_path / rows.FILE
    rows.append(path, [ROW, replace(ROW, answer="Another.")])

    assert rows.read(path) == [ROW]


def test_nothing_is_recorded_where_there_is_no_file(tmp_path: Path) -> None:
    assert rows.read(tmp_path / rows.FILE) == []
    assert rows.taken_up(tmp_path / rows.FILE) == set()
