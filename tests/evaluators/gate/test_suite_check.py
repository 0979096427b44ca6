"""The gate inside a test suite: a check of records or files, a function that is asked."""

import json

import pytest

from groundwire_evaluators.gate.suite_check import GateCheck
from groundwire_evaluators.grounding import Grounding

ROWS = [
    {
        "id": n,
        "question": f"What fee has parcel {n}?",
        "contexts": [f"The fee for parcel {n} is {n + 100} euros."],
        "reference": f"{n + 100} euros",
        "answer": f"{n + 100} euros",
    }
    for n in range(48)
]


@pytest.fixture(scope="module")
def check():
    return GateCheck(Grounding())


def test_equal_answers_are_accepted_from_records_and_files(check, tmp_path):
    path = tmp_path / "baseline.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    assert check.check(ROWS, path).outcome.value in ("pass", "undecided")


def test_worse_answers_fail_with_measures_and_lost_answers(check):
    bad = [{**row, "answer": "7000 euros"} if row["id"] < 16 else row for row in ROWS]
    with pytest.raises(AssertionError, match="right: worse") as raised:
        check.check(bad, ROWS)
    assert "lost 0: '100 euros' -> '7000 euros'" in str(raised.value)


def test_a_function_is_asked_the_baselines_questions(check):
    seen = []

    def reads(question, contexts):
        seen.append(question)
        return contexts[0]

    assert check.ask(reads, ROWS).baseline.decisions["right"].contrast.after == 1.0
    assert seen == [row["question"] for row in ROWS]
    with pytest.raises(AssertionError, match="answered: worse"):
        check.ask(lambda *_: "I don't know.", ROWS)


def test_strict_fails_what_is_undecided():
    with pytest.raises(AssertionError, match="undecided"):
        GateCheck(Grounding(), strict=True).check(ROWS, ROWS)
