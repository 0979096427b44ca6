import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError


def measured(tmp_path: Path, rows: list[dict[str, Any]], *options: str) -> dict[str, Any]:
    path = tmp_path / "retrieved.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    result = CliRunner().invoke(application("retrieval"), ["retrieval", str(path), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_ids_and_a_list_of_all_relevant_ones_give_every_measure(tmp_path: Path) -> None:
    rows = [
        {"question": "How long?", "retrieved": ["a", "b", "c"], "relevant": ["b"]},
        {"question": "How much?", "retrieved": [1, 2, 3], "relevant": [1, 9]},
    ]
    at = measured(tmp_path, rows, "--k", "1,2")["at"]
    values = {
        k: {name: share["value"] for name, share in shares.items()} for k, shares in at.items()
    }
    assert values["1"] == {"precision": 0.5, "recall": 0.25, "mrr": 0.5, "ndcg": 0.5}
    assert values["2"]["precision"] == 0.5
    assert values["2"]["recall"] == 0.75
    assert values["2"]["mrr"] == 0.75
    assert at["2"]["mrr"]["method"] == "labels"


def test_texts_and_objects_are_chunks_and_add_what_needs_no_labels(tmp_path: Path) -> None:
    fee, trip = "The fee for a lost badge is 20 euros.", "Trips are booked by the office."
    rows = [
        {
            "question": "What is the fee for a lost badge?",
            "contexts": [trip, fee],
            "relevant": [fee],
        },
        {
            "question": "Who books trips?",
            "contexts": [
                {"id": "t", "text": trip, "relevant": True},
                {"text": trip, "relevant": 0},
            ],
        },
    ]
    found = measured(tmp_path, rows)
    assert found["at"]["1"]["mrr"]["value"] == 0.5
    assert found["at"]["3"]["mrr"]["value"] == 0.75
    assert found["relevance"] > 0.5
    assert 0 < found["redundancy"] < 1


def test_repetitions_of_a_question_do_not_make_the_interval_shorter(tmp_path: Path) -> None:
    rows = [
        {"question": f"Question {at}?", "retrieved": ["a"], "relevant": ["a"] if at % 2 else ["b"]}
        for at in range(20)
    ]
    once = measured(tmp_path, rows, "--k", "1")["at"]["1"]["precision"]
    often = measured(tmp_path, rows * 10, "--k", "1")["at"]["1"]["precision"]
    width = [share["interval"][1] - share["interval"][0] for share in (once, often)]
    assert often["questions"] == 20
    assert width[1] == pytest.approx(width[0], rel=0.05)


def test_a_judge_is_corrected_by_the_labels_of_a_random_part(tmp_path: Path) -> None:
    draw, rows, right = random.Random(3), [], []
    for at in range(600):
        is_right = draw.random() < 0.6
        seen = is_right or draw.random() < 0.5  # the judge is lenient
        right.append(is_right)
        row = {"question": f"q{at}", "retrieved": ["a"], "judged": {"a": int(seen)}}
        rows.append(row | ({"relevant": {"a": int(is_right)}} if at % 5 == 0 else {}))
    found = measured(tmp_path, rows, "--k", "1")["at"]["1"]["precision"]
    truth = sum(right) / len(right)
    labels = measured(tmp_path, [row for row in rows if "relevant" in row], "--k", "1")["at"]["1"][
        "precision"
    ]
    assert found["method"] == "corrected"
    assert found["records"] == 120
    assert found["interval"][0] < truth < found["interval"][1]
    widths = [share["interval"][1] - share["interval"][0] for share in (found, labels)]
    assert widths[0] < widths[1]


def test_a_judge_alone_is_called_so(tmp_path: Path) -> None:
    rows = [{"question": "q", "retrieved": ["a", "b"], "judged": ["b"]}]
    assert measured(tmp_path, rows, "--k", "2")["at"]["2"]["mrr"]["method"] == "judge"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "q"}, "record 1: contexts"),
        ({"retrieved": ["a"], "relevant": "a"}, "record 1: relevant"),
        ({"retrieved": [None]}, "record 1: a chunk"),
        ({"retrieved": ["a"], "relevant": {"a": -1}}, "record 1: a grade"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measured(tmp_path, [row])


def test_k_must_be_whole_numbers(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--k"):
        measured(tmp_path, [{"retrieved": ["a"]}], "--k", "0")
