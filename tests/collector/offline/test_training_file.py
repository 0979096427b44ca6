"""Reading of training files as they are found in the wild."""

import gzip
import json
import time
from pathlib import Path

import pytest

from groundwire_collector.errors import UsageError
from groundwire_collector.offline.training_file import read_training_file

RECORD = {"instruction": "Who leads?", "input": "", "output": "Ines."}
LINE = json.dumps(RECORD) + "\n"


def write(tmp_path: Path, content: str, name: str = "train.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return path


@pytest.mark.parametrize(
    ("content", "examples"),
    [
        (LINE * 3, 3),
        ("\ufeff" + LINE, 1),
        (LINE.replace("\n", "\r\n") * 2, 2),
        (f"\n\n{LINE}\n", 1),
        (json.dumps([RECORD, RECORD]), 2),
        (json.dumps([RECORD, "text", None], indent=1), 1),
        (LINE.rstrip(), 1),
        ("", 0),
        ("[]", 0),
    ],
)
def test_lines_and_arrays_are_read(tmp_path: Path, content: str, examples: int) -> None:
    assert len(read_training_file(write(tmp_path, content)).examples) == examples


def test_a_gzip_file_is_decompressed(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress(LINE.encode()))
    assert len(read_training_file(path).examples) == 1


@pytest.mark.parametrize("bad", ["[" * 100_000 + "\n", "NaN\n", '"\\ud800"\n', "\x00\n", "{}\n"])
def test_a_bad_line_costs_only_itself(tmp_path: Path, bad: str) -> None:
    read = read_training_file(write(tmp_path, LINE + bad + LINE))
    assert (len(read.examples), read.bad_lines) == (2, 1)


def test_a_line_too_long_is_passed_over(tmp_path: Path) -> None:
    long = json.dumps({**RECORD, "output": "x" * (5 * 2**20)}) + "\n"
    read = read_training_file(write(tmp_path, LINE + long + LINE))
    assert (len(read.examples), read.bad[0].line) == (2, 2)
    assert [each.line for each in read.examples] == [1, 3]


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_training_file(tmp_path / "none.jsonl")
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    with pytest.raises(UsageError, match="cannot be read"):
        read_training_file(tmp_path / "broken.gz")
    with pytest.raises(UsageError, match="array"):
        read_training_file(write(tmp_path, '[{"a": 1}'))


def test_one_secret_has_one_number_in_the_whole_file(tmp_path: Path) -> None:
    lines = [{**RECORD, "output": f"Write to {name}@example.org"} for name in ("ann", "bob", "ann")]
    read = read_training_file(write(tmp_path, "".join(json.dumps(e) + "\n" for e in lines)))
    answers = [each.answer for each in read.examples]
    assert answers[0] == answers[2] == "Write to [EMAIL_1]"
    assert answers[1] == "Write to [EMAIL_2]"
    assert read.secrets == {"EMAIL": 3}


def test_a_lone_surrogate_and_a_nul_become_storable(tmp_path: Path) -> None:
    line = '{"prompt": "Who\\u0000 leads?", "completion": "Ines \\ud800."}\n'
    [example] = read_training_file(write(tmp_path, line)).examples
    assert (example.question, example.answer) == ("Who leads?", "Ines \ufffd.")


def test_reading_is_linear(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        path = write(tmp_path, LINE * count, f"{count}.jsonl")
        started = time.process_time()
        read_training_file(path)
        return time.process_time() - started

    assert seconds(8_000) < 12 * max(seconds(2_000), 0.01)
