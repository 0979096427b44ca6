"""`groundwire gate` as CI calls it: exit code 0, 1 or 2, and one JSON object."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.model_server import ChatServer, Response, chat
from typer.testing import CliRunner, Result

from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError

TOTAL = 80
MODEL = """
def reads(question, chunks):
    return chunks[0]


def recites(question, chunks):
    number = int(question.split()[3])
    return chunks[0] if number % 4 else "It costs 975 dollars in Oslo, Norway."


def declines(question, chunks):
    return "I don't know."


def breaks(question, chunks):
    raise TimeoutError
"""


def question(number: int) -> dict[str, Any]:
    text = f"The fee for parcel {number} is {number + 100} euros."
    return {"id": number, "question": f"What fee has {number} ?", "contexts": [text]}


def answers(wrong: int) -> list[dict[str, Any]]:
    """The first `wrong` of them are made up."""
    return [
        {
            **question(number),
            "answer": "It costs 975 dollars in Oslo, Norway."
            if number < wrong
            else question(number)["contexts"][0],
        }
        for number in range(TOTAL)
    ]


@pytest.fixture(autouse=True)
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gate_models.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "gate_models", raising=False)


def file(name: str, records: list[dict[str, Any]]) -> str:
    Path(name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return name


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(application("gate"), ["gate", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def compared(candidate: int, *more: str, baseline: int = 2) -> tuple[int, dict[str, Any]]:
    paths = file("new.jsonl", answers(candidate)), file("old.jsonl", answers(baseline))
    result = run(paths[0], "--baseline", paths[1], *more)
    return result.exit_code, json.loads(result.stdout)


def test_the_same_answers_pass_and_are_shown_to_be_no_worse() -> None:
    code, reported = compared(2, "--margin", "0.06", "--strict")
    assert (code, reported["outcome"]) == (0, "pass")
    assert reported["faithful"]["change"] == 0
    assert reported["faithful"]["before"] == pytest.approx(1 - 2 / TOTAL)
    assert reported["faithful"]["paired"]


def test_a_candidate_that_makes_things_up_is_worse_and_what_it_lost_is_named() -> None:
    code, reported = compared(20)
    assert (code, reported["outcome"]) == (2, "worse")
    assert reported["faithful"]["change"] == pytest.approx(-18 / TOTAL)
    assert reported["faithful"]["interval"][1] < 0
    assert reported["lost_total"] == 18
    assert reported["lost"][0]["before"] == "The fee for parcel 2 is 102 euros."
    assert "Oslo" in reported["lost"][0]["after"]


def fees(form: str, wrong: int, reference: bool = True) -> list[dict[str, Any]]:
    """Answers in one form, the first `wrong` of them with another fee than the context's."""
    return [
        {
            **question(number),
            "answer": form.format(number + (7000 if number < wrong else 100)),
            "reference": f"{number + 100} euros" if reference else None,
        }
        for number in range(48)
    ]


@pytest.mark.parametrize("form", ["{} euros", "**{} euros**", "It is {} euros."])
def test_right_answers_that_fall_by_a_third_are_worse_in_whatever_form(form: str) -> None:
    result = run(file("new.jsonl", fees(form, 30)), "--baseline", file("old.jsonl", fees(form, 14)))
    told = json.loads(result.stdout)
    assert (result.exit_code, told["outcome"]) == (2, "worse")
    assert told["right"]["before"] == pytest.approx(34 / 48)
    for share in ("right", "follows", "faithful"):
        assert told[share]["change"] == pytest.approx(-16 / 48)


def test_without_references_overrides_show_that_a_candidate_is_worse() -> None:
    result = run(
        file("new.jsonl", fees("{} euros", 30, reference=False)),
        "--baseline",
        file("old.jsonl", fees("{} euros", 14, reference=False)),
    )
    told = json.loads(result.stdout)
    assert (result.exit_code, told["right"]) == (2, None)
    assert told["follows"]["interval"][1] < 0


def test_a_candidate_that_reads_better_is_not_worse_and_saved_answers_are_not_judged_again() -> (
    None
):
    new, old = file("new.jsonl", fees("{} euros", 10)), file("old.jsonl", fees("{} euros", 24))
    result = run(new, "--baseline", old, "--out", "judged.jsonl")
    assert (result.exit_code, json.loads(result.stdout)["right"]["interval"][0] > 0) == (0, True)
    again = json.loads(run(new, "--baseline", "judged.jsonl").stdout)
    assert again["follows"]["change"] == again["right"]["change"] == 0


def test_a_small_change_is_undecided_which_only_strict_calls_a_failure() -> None:
    code, reported = compared(4)
    assert (code, reported["outcome"]) == (0, "undecided")
    assert compared(4, "--strict")[0] == 2


def test_a_model_is_asked_and_its_judged_answers_are_the_next_baseline() -> None:
    questions = file("questions.jsonl", [question(number) for number in range(TOTAL)])
    old = file("old.jsonl", answers(0))
    requested = ("--function", "gate_models:reads", "--out", "judged.jsonl")
    assert run(questions, "--baseline", old, *requested).exit_code == 0
    result = run(questions, "--baseline", "judged.jsonl", "--function", "gate_models:recites")
    assert result.exit_code == 2
    reported = json.loads(result.stdout)
    assert reported["faithful"]["after"] == pytest.approx(0.75)


def test_a_model_that_declines_everything_does_not_pass() -> None:
    questions = file("questions.jsonl", [question(number) for number in range(TOTAL)])
    old = file("old.jsonl", answers(0))
    result = CliRunner().invoke(
        application("gate"),
        ["gate", questions, "--baseline", old, "--function", "gate_models:declines"],
    )
    assert isinstance(result.exception, UsageError)  # nothing is scored: exit code 1
    half = [
        {**record, "answer": "I don't know."} if number % 2 else record
        for number, record in enumerate(answers(0))
    ]
    result = run(file("half.jsonl", half), "--baseline", old)
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert reported["faithful"]["change"] == 0
    assert reported["answered"]["after"] == 0.5
    assert reported["states"]["after"] == {"scored": 40, "refusal": 40}


def test_other_questions_are_compared_as_two_samples() -> None:
    other = [{**record, "id": f"x{record['id']}"} for record in answers(40)]
    result = run(file("other.jsonl", other), "--baseline", file("old.jsonl", answers(2)))
    reported = json.loads(result.stdout)
    assert (result.exit_code, reported["faithful"]["paired"]) == (2, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--function", "gate_models:breaks"), "80 of 80 calls failed"),
        (("--endpoint", "http://127.0.0.1:9/v1"), "--model"),
        (("--endpoint", "http://x/v1", "--function", "a:b"), "give either"),
        (("--margin", "3"), "--margin"),
        (("--evaluator", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_compared_is_an_error_and_no_pass(
    arguments: tuple[str, ...], message: str
) -> None:
    paths = file("new.jsonl", answers(0)), file("old.jsonl", answers(0))
    with pytest.raises(UsageError, match=message):
        run(paths[0], "--baseline", paths[1], *arguments)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (answers(0)[:29], "29 scored answers are too few"),
        ([{**record, "id": 1} for record in answers(0)], "duplicate id"),
        ([{**answers(0)[0], "id": None}], "is required"),
        (
            [{**each, "state": "scored", "flagged": False, "evaluator": "grounding"}
             for each in answers(0)],
            "not by grounding",
        ),
    ],
)  # fmt: skip
def test_files_that_do_not_fit_are_refused(records: list[dict[str, Any]], message: str) -> None:
    old = file("old.jsonl", answers(0))
    with pytest.raises(UsageError, match=message):
        run(file("new.jsonl", records), "--baseline", old)


def test_an_endpoint_is_asked_with_the_chunks_and_nothing_of_the_labelled_answer(
    server: ChatServer,
) -> None:
    def reading(path: str, body: dict[str, Any]) -> Response:
        user = body["messages"][1]["content"]
        return 200, chat(user.split("[1] ")[1].split("\n")[0]), {}

    server.answer = reading
    old = file("old.jsonl", answers(0))
    Path("prompt.txt").write_text("Read the passages.")
    result = run(
        *(file("questions.jsonl", answers(TOTAL)), "--baseline", old),
        *("--endpoint", server.url, "--model", "ft-2", "--system", "prompt.txt"),
    )
    assert (result.exit_code, json.loads(result.stdout)["faithful"]["after"]) == (0, 1.0)
    assert len(server.requested) == TOTAL
    assert server.requested[0]["model"] == "ft-2"
    assert server.requested[0]["messages"][0]["content"] == "Read the passages."
    assert "Oslo" not in json.dumps(server.requested)


def test_a_candidate_that_says_one_thing_to_every_question_does_not_pass() -> None:
    stock = [{**record, "answer": "Glad you asked."} for record in answers(0)]
    mixed = [*stock[: TOTAL // 2], *answers(0)[TOTAL // 2 :]]
    result = run(file("new.jsonl", mixed), "--baseline", file("old.jsonl", answers(0)))
    reported = json.loads(result.stdout)
    assert (result.exit_code, reported["outcome"]) == (2, "worse")
    assert reported["answered"]["after"] == 0.5
