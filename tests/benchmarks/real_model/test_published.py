"""A recording that starts from what is published."""

from dataclasses import replace
from pathlib import Path

from tests.benchmarks.real_model.test_rows import ROW

from benchmarks.real_model import answers, published, rows

CLOSED = replace(ROW, mode="closed", passages=[])


def test_answers_become_the_rows_they_were_made_of() -> None:
    assert published.as_rows(answers.with_truth([ROW, CLOSED])) == [ROW, CLOSED]


def test_an_empty_folder_gets_the_published_answers_and_adapters(tmp_path: Path) -> None:
    published.seed(tmp_path)

    assert len(rows.read(tmp_path / rows.FILE)) == len(answers.read())
    assert (tmp_path / "adapters" / "tarnwell" / "facts-144" / "adapter_config.json").exists()


def test_a_recording_that_grows_already_is_left_as_it_is(tmp_path: Path) -> None:
    rows.append(tmp_path / rows.FILE, [ROW])

    published.seed(tmp_path)

    assert rows.read(tmp_path / rows.FILE) == [ROW]
