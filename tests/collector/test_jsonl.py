"""JSON Lines written for other programs: always UTF-8."""

import json
from pathlib import Path

from groundwire_collector.jsonl import record_sink, write_record


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
