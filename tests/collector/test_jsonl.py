"""JSON Lines written for other programs: always UTF-8."""

import json
from pathlib import Path

from groundwire_collector.jsonl import read_records, record_sink, write_record


def test_a_lone_surrogate_costs_its_own_character_alone(tmp_path: Path) -> None:
    out = tmp_path / "scores.jsonl"
    with record_sink(out) as sink:
        write_record(sink, {"answer": "15 \ud83d euros \udc00, \U0001f600"})
        write_record(sink, {"answer": "next"})
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["answer"] for line in lines] == [
        "15 \ufffd euros \ufffd, \U0001f600",
        "next",
    ]


def test_a_file_that_ends_in_gz_is_compressed_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl.gz"
    with record_sink(path) as sink:
        write_record(sink, {"verdict": "supported", "text": "Größe\u2028"})
    assert path.read_bytes()[:2] == b"\x1f\x8b"
    assert read_records(path) == [{"verdict": "supported", "text": "Größe\u2028"}]
