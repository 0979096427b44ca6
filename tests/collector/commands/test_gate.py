"""`groundwire gate` as CI calls it: exit code 0, 1 or 2, and one JSON object."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.model_server import ChatServer, Response, chat
from typer.testing import CliRunner, Result

from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

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


def measures_of(reported: dict[str, Any], comparison: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reported["comparisons"][comparison]["measures"]
    return found


def measure(reported: dict[str, Any], name: str, comparison: int = 0) -> dict[str, Any]:
    [found] = [e for e in measures_of(reported, comparison) if e["measure"] == name]
    return found


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


def test_a_model_that_declines_everything_is_worse() -> None:
    questions = file("questions.jsonl", [question(number) for number in range(TOTAL)])
    old = file("old.jsonl", answers(0))
    result = run(questions, "--baseline", old, "--function", "gate_models:declines")
    reported = json.loads(result.stdout)
    assert (result.exit_code, reported["outcome"]) == (2, "worse")
    assert reported["answered"]["change"] == -1.0
    assert reported["faithful"] is None
    [faithful] = [e for e in measures_of(reported) if e["measure"] == "faithful"]
    assert (faithful["outcome"], faithful["reason"]) == (
        "not_comparable",
        "0 scored answers are too few",
    )


def test_an_endpoint_that_answers_with_nothing_is_worse_and_no_failed_call(
    server: ChatServer,
) -> None:
    server.answer = lambda *_: (200, chat(""), {})
    old = file("old.jsonl", answers(0))
    result = run(server.url, "--baseline", old, "--model", "ft-2")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["answered"]["after"] == 0.0


def test_two_models_that_decline_everything_cannot_be_compared() -> None:
    silent = [{**record, "answer": "I don't know."} for record in answers(0)]
    with pytest.raises(UsageError, match="0 scored answers are too few"):
        run(file("new.jsonl", silent), "--baseline", file("old.jsonl", silent))


def test_half_declined_answers_are_worse_though_none_is_unfaithful() -> None:
    half = [
        {**record, "answer": "I don't know."} if number % 2 else record
        for number, record in enumerate(answers(0))
    ]
    result = run(file("half.jsonl", half), "--baseline", file("old.jsonl", answers(0)))
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
        (answers(0)[:29], "29 answers are too few"),
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


def test_the_shipped_margins_are_printed_and_a_file_is_laid_over_them() -> None:
    printed = run("--margins")
    assert (printed.exit_code, "[measures.faithful]" in printed.stdout) == (0, True)
    Path("wide.toml").write_text(
        "[measures.faithful]\nmargin = 0.2\n[measures.answered]\n"
        "margin = 0.2\n[measures.follows]\nmargin = 0.2\n[measures.behaviour]\nmargin = 0.2\n"
    )
    assert compared(4)[1]["outcome"] == "undecided"
    code, reported = compared(4, "--margins-file", "wide.toml", "--strict")
    assert (code, reported["outcome"]) == (0, "pass")
    Path("bad.toml").write_text("[measures.faithful]\nmargn = 0.2\n")
    with pytest.raises(UsageError, match="unknown: margn"):
        compared(4, "--margins-file", "bad.toml")


def test_without_files_the_command_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="--baseline"):
        run("only.jsonl")


def test_undecided_is_printed_without_strict() -> None:
    paths = file("new.jsonl", answers(4)), file("old.jsonl", answers(2))
    result = run(paths[0], "--baseline", paths[1])
    assert result.exit_code == 0
    assert "undecided" in result.stderr
    assert "--strict" in result.stderr


def test_a_candidate_within_the_baseline_that_fell_from_the_best_version_is_worse() -> None:
    """Half of the questions cannot be answered by the baseline; an earlier version could."""
    new, old = file("new.jsonl", fees("{} euros", 24)), file("old.jsonl", fees("{} euros", 24))
    best, other = file("ft-7.jsonl", fees("{} euros", 2)), file("ft-6.jsonl", fees("{} euros", 20))
    earlier = ("--earlier", other, "--earlier", best)
    assert run(new, "--baseline", old).exit_code == 0
    result = run(new, "--baseline", old, *earlier)
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert reported["comparisons"][1]["reference"] == "best so far, ft-7"
    assert reported["comparisons"][0]["outcome"] != "worse"
    assert "right (against best so far, ft-7)" in reported["summary"]
    again = run(file("same.jsonl", fees("{} euros", 2)), "--baseline", old, *earlier)
    assert again.exit_code == 0


def test_override_counts_stand_beside_faithful() -> None:
    result = run(
        file("new.jsonl", fees("{} euros", 30)),
        "--baseline",
        file("old.jsonl", fees("{} euros", 14)),
    )
    reported = json.loads(result.stdout)
    assert reported["overrides"]["before"] == {"answers": 14, "of": 48}
    assert reported["overrides"]["after"] == {"answers": 30, "of": 48}
    assert "values against the context: 14 of 48 before, 30 of 48 after" in reported["notes"]


def bought(wrong: str, *more: str) -> tuple[int, dict[str, Any]]:
    """A function is asked 400 questions."""
    rows = [question(number) for number in range(400)]
    good = [{**row, "answer": row["contexts"][0]} for row in rows]
    paths = file("questions.jsonl", rows), file("old.jsonl", good)
    result = run(paths[0], "--baseline", paths[1], "--function", f"gate_models:{wrong}", *more)
    return result.exit_code, json.loads(result.stdout)


def test_a_candidate_that_is_clearly_worse_is_not_asked_to_the_end() -> None:
    code, reported = bought("recites")
    assert (code, reported["outcome"]) == (2, "worse")
    spending = reported["spending"]
    assert (spending["asked"], spending["planned"]) == (100, 400)
    assert spending["analyses"] == [{"answers": 100, "alpha": 0.000625, "outcome": "worse"}]
    assert "300 calls saved" in " ".join(reported["notes"])


def test_a_candidate_whose_answers_are_saved_is_asked_to_the_end_unless_it_is_worse() -> None:
    wide = ("--margin", "0.1")
    code, reported = bought("reads", *wide)
    assert (code, reported["spending"]["asked"]) == (0, 100)
    code, reported = bought("reads", *wide, "--out", "judged.jsonl")
    assert (code, reported["spending"]["asked"]) == (0, 400)
    assert len(Path("judged.jsonl").read_text().splitlines()) == 400
    assert sum(look["alpha"] for look in reported["spending"]["analyses"]) == pytest.approx(0.01)


def test_the_users_own_task_score_decides() -> None:
    Path("gate_models.py").write_text(
        "def polite(record):\n    return 'please' in record['answer'].lower()\n"
        "def broken(record):\n    return 7\n"
    )
    old = [{**r, "answer": r["answer"] + " Ask again, please."} for r in answers(0)]
    paths = file("new.jsonl", answers(0)), file("old.jsonl", old)
    result = run(paths[0], "--baseline", paths[1], "--task", "gate_models:polite")
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert measure(reported, "task")["change"] == -1.0
    with pytest.raises(UsageError, match="must be in"):
        run(paths[0], "--baseline", paths[1], "--task", "gate_models:broken")
    with pytest.raises(UsageError, match="unknown task score"):
        run(paths[0], "--baseline", paths[1], "--task", "nice")


@pytest.mark.parametrize(("score", "before"), [("exact", 1.0), ("f1", 1.0)])
def test_exact_match_and_token_f1_are_scored_by_the_reference(score: str, before: float) -> None:
    old = fees("{} euros", 0)
    new = [{**r, "answer": "It is " + r["answer"] + " in all."} for r in old]
    result = run(file("new.jsonl", new), "--baseline", file("old.jsonl", old), "--task", score)
    found = measure(json.loads(result.stdout), "task")
    assert (result.exit_code, found["before"]) == (2, before)
    assert found["after"] == (0.0 if score == "exact" else pytest.approx(2 / 3 * 6 / 7, abs=0.1))


def test_answers_that_leave_their_schema_are_worse() -> None:
    Path("schema.json").write_text('{"type": "object", "required": ["fee"]}')
    rows = [{**r, "answer": json.dumps({"fee": f"{n + 100} euros"})}
            for n, r in enumerate(answers(0))]  # fmt: skip
    plain = [{**r, "answer": f"{n + 100} euros"} for n, r in enumerate(answers(0))]
    result = run(
        *(file("new.jsonl", plain), "--baseline", file("old.jsonl", rows)),
        *("--schema", "schema.json"),
    )
    assert result.exit_code == 2
    assert measure(json.loads(result.stdout), "format_valid")["change"] == -1.0


def test_a_candidate_that_forgot_is_worse_by_the_retention_set() -> None:
    items = [
        {"id": f"r{n}", "prompt": f"What is {n} and {n}?", "rule": {"regex": f"^{2 * n}$"}}
        for n in range(40)
    ]
    own = file("retention.jsonl", items)
    Path("gate_models.py").write_text(
        "def knows(question, chunks):\n"
        "    return chunks[0] if chunks else str(2 * int(question.split()[2]))\n"
        "def forgot(question, chunks):\n"
        "    return chunks[0] if chunks else 'Glad you asked.'\n"
    )
    rows = file("questions.jsonl", [question(number) for number in range(TOTAL)])
    old = file("old.jsonl", answers(0))
    asked = ("--retention", own, "--function")
    first = run(rows, "--baseline", old, *asked, "gate_models:knows", "--out", "base.jsonl")
    assert first.exit_code == 0
    again = run(rows, "--baseline", "base.jsonl", *asked, "gate_models:knows")
    assert measure(json.loads(again.stdout), "retention")["before"] == 1.0
    same = run("base.jsonl", "--baseline", "base.jsonl", *asked, "gate_models:knows")
    assert same.exit_code == 0  # its retention items are not asked twice
    result = run(rows, "--baseline", "base.jsonl", *asked, "gate_models:forgot")
    assert result.exit_code == 2
    assert measure(json.loads(result.stdout), "retention")["outcome"] == "worse"
    with pytest.raises(UsageError, match="--retention"):
        run("base.jsonl", "--baseline", "base.jsonl", "--retention", "shipped")


def test_seconds_tokens_and_numbers_of_ones_own_are_compared() -> None:
    def timed(seconds: float, words: int) -> list[dict[str, Any]]:
        return [
            {**r, "seconds": seconds * (1 + n % 3), "measures": {"mine.words": words + n % 2}}
            for n, r in enumerate(answers(0))
        ]

    Path("mine.toml").write_text(
        "[measures.seconds]\ndecides = true\n[measures.'mine.words']\nbetter = 'same'\n"
        "margin = 0.5\n"
    )
    result = run(
        *(file("new.jsonl", timed(2.0, 9)), "--baseline", file("old.jsonl", timed(1.0, 5))),
        *("--margins-file", "mine.toml"),
    )
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert measure(reported, "seconds")["change"] == pytest.approx(1.0)
    assert measure(reported, "mine.words")["outcome"] == "changed"


def test_changes_are_shown_by_stratum() -> None:
    old = [{**r, "stratum": "stale" if n < 40 else "fresh"} for n, r in enumerate(answers(0))]
    new = [{**r, "stratum": o["stratum"]} for r, o in zip(answers(20), old, strict=True)]
    result = run(file("new.jsonl", new), "--baseline", file("old.jsonl", old))
    strata = json.loads(result.stdout)["strata"]
    assert strata["stale"]["faithful"]["change"] == -0.5
    assert strata["fresh"]["faithful"]["change"] == 0.0


def test_several_answers_to_one_question_are_one_cluster() -> None:
    def drawn(wrong: int) -> list[dict[str, Any]]:
        return [{**r, "id": f"{r['id']}-{draw}"} for r in answers(wrong) for draw in range(5)]

    few = json.loads(run(file("n.jsonl", drawn(6)), "--baseline", file("o.jsonl", drawn(0))).stdout)
    one = compared(6, baseline=0)[1]
    faithful = measure(few, "faithful")
    assert (faithful["n"], faithful["questions"]) == (400, 80)
    widths = [e["interval"][1] - e["interval"][0] for e in (faithful, one["faithful"])]
    assert widths[0] == pytest.approx(widths[1], rel=0.1)


def test_reports_for_a_pull_request_and_for_ci_are_written() -> None:
    bad = answers(20)
    bad[0]["answer"] = "It costs 975 dollars | in <b>Oslo</b>, @norway.\n\x00 `x`"
    paths = file("new.jsonl", bad), file("old.jsonl", answers(2))
    result = run(paths[0], "--baseline", paths[1], "--markdown", "gate.md", "--junit", "gate.xml")
    assert result.exit_code == 2
    text = Path("gate.md").read_text()
    assert text.startswith("## Groundwire gate: worse\n")
    assert "| faithful | 0.975 | 0.75 |" in text
    assert "<b>" not in text
    assert "@norway" not in text
    suite = ElementTree.parse("gate.xml").getroot()[0]
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert {case.get("name") for case in suite if case.find("failure") is not None} >= {"faithful"}


def test_probe_runs_are_compared_by_item_and_stratum() -> None:
    def probe_run(name: str, memory: int) -> str:
        head = {"run": {"pack": "p", "digest": "d", "prompt": "s"}}
        rows = [
            {
                "item": f"i{n}",
                "arm": arm,
                "stratum": "stale",
                "relation": "fee",
                "response": "x",
                "followed": "stale" if arm == "conflict" and n < memory else "context",
            }
            for n in range(60)
            for arm in ("clean", "conflict")
        ]
        return file(name, [head, *rows])

    old, same = probe_run("old.jsonl", 2), probe_run("same.jsonl", 2)
    assert run(same, "--baseline", old).exit_code == 0
    result = run(probe_run("new.jsonl", 40), "--baseline", old)
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert measure(reported, "reliance")["outcome"] == "worse"
    assert measure(reported, "clean")["outcome"] != "worse"
    assert reported["strata"]["stale"]["reliance"]["change"] < -1
    with pytest.raises(UsageError, match="only be compared with probe runs"):
        run(old, "--baseline", file("answers.jsonl", answers(0)))


def test_a_candidate_that_breaks_its_form_is_worse_by_its_behaviour() -> None:
    old = [{**r, "answer": json.dumps({"fee": f"{n + 100} euros"})}
           for n, r in enumerate(answers(0))]  # fmt: skip
    new = [{**r, "answer": r["answer"][:-1]} if n % 2 else r for n, r in enumerate(old)]
    result = run(file("new.jsonl", new), "--baseline", file("old.jsonl", old))
    reported = json.loads(result.stdout)
    assert result.exit_code == 2
    assert measure(reported, "behaviour")["change"] == -0.5
    broken = measure(reported, "behaviour.broken_json")
    assert (broken["after"], broken["outcome"]) == (0.5, "worse")
    assert "behaviour.broken_json" in reported["summary"]


def test_eight_of_twenty_four_right_answers_lost_are_worse_at_48_questions() -> None:
    paths = file("new.jsonl", fees("{} euros", 32)), file("old.jsonl", fees("{} euros", 24))
    result = run(paths[0], "--baseline", paths[1])
    reported = json.loads(result.stdout)
    assert (reported["right"]["before"], reported["right"]["after"]) == (0.5, pytest.approx(1 / 3))
    assert result.exit_code == 2


def stored(folder: Path, wrong: int) -> None:
    """Turns of two versions that ran side by side; the second has `wrong` of 200 flagged."""
    engine = open_engine(Settings(data_dir=folder))
    make_schema(engine)
    now = datetime.now(UTC)
    found = []
    for number in range(400):
        version = f"ft-{1 + number % 2}"
        flagged = number // 2 < (wrong if version == "ft-2" else 10)
        turn = Turn(
            id=f"t{number}",
            trace_id=f"{number:032x}",
            service="bot",
            question=f"What fee has parcel {number}?",
            answer="x",
            model_version=version,
            started_at=now - timedelta(minutes=number),
        )
        scores = {"state": State.SCORED, "flagged": flagged, "value": float(not flagged)}
        found.append(JudgedTurn(turn, (Evaluation(evaluator="grounding", revision="1", **scores),)))
    with engine.begin() as connection:
        turns.save(connection, found)
    engine.dispose()


def test_stored_turns_are_compared_by_version(tmp_path: Path) -> None:
    stored(tmp_path / "data", 80)
    where = ("--data-dir", str(tmp_path / "data"), "--service", "bot")
    sides = ("model_version=ft-2", "--baseline", "model_version=ft-1")
    result = run(*sides, *where, "--markdown", "gate.md")
    reported = json.loads(result.stdout)
    assert (result.exit_code, reported["outcome"]) == (2, "worse")
    assert reported["faithful"]["change"] < -0.25
    assert "ft-2 against ft-1: worse" in Path("gate.md").read_text().replace("\\", "")
    again = run("model_version=ft-1", "--baseline", "model_version=ft-1", *where)
    assert again.exit_code == 0
    best = run("model_version=ft-2", "--baseline", "model_version=ft-2", *where,
               "--earlier", "model_version=ft-1")  # fmt: skip
    told = json.loads(best.stdout)
    assert best.exit_code == 2
    assert [each["outcome"] for each in told["comparisons"]] == ["undecided", "worse"]
    assert "faithful (against ft-1)" in told["summary"]
    for arguments, message in (
        (("model_version=ft-9", "--baseline", "model_version=ft-1", *where), "not comparable"),
        ((sides[0], "--baseline", "prompt_version=p", *where), "cannot be compared"),
        ((sides[0], "--baseline", "old.jsonl", *where), "only be compared with stored turns"),
        ((*sides, *where[:2]), "--service"),
        ((*sides, *where, "--earlier", "old.jsonl"), "--earlier: stored turns"),
        ((*sides, *where, "--earlier", "prompt_version=p"), "only versions of model_version"),
        ((*sides, *where, "--out", "x.jsonl"), "--out do not apply"),
    ):
        with pytest.raises(UsageError, match=message):
            run(*arguments)


def test_references_of_one_file_are_those_of_the_same_questions_in_the_other() -> None:
    old = fees("{} euros", 14)
    new = [{**r, "reference": None} for r in fees("{} euros", 30)]
    for sides in ((new, old), ([*fees("{} euros", 30)], [{**r, "reference": None} for r in old])):
        result = run(file("new.jsonl", sides[0]), "--baseline", file("old.jsonl", sides[1]))
        reported = json.loads(result.stdout)
        assert (result.exit_code, reported["right"]["n"]) == (2, 48)
