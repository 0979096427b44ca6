"""`groundwire reader tune`: from files and stored labels to a folder that is read."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from groundwire_collector.commands.reader import reader
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.reader.onnx_reader import OnnxReader
from groundwire_evaluators.turn import Chunk, Turn

pytestmark = pytest.mark.needs("reader")
TINY = Path(__file__).parents[2] / "evaluators/reader/tiny"
THINGS = "shop museum library station bakery school harbour theatre market garden".split()


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(reader, ["tune", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def answers(count: int = 90) -> list[dict[str, object]]:
    """Answers of one claim; every third denies what its context says."""
    found = []
    for number in range(count):
        thing = THINGS[number % len(THINGS)]
        says = "never opens" if number % 3 == 0 else "opens"
        found.append(
            {
                "question": f"When does the {thing} on street {number} open?",
                "contexts": [f"The {thing} on street {number} opens at nine in the morning."],
                "answer": f"The {thing} on street {number} {says} at nine in the morning.",
                "unsupported": int(number % 3 == 0),
            }
        )
    return found


def written(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_labelled_file_makes_a_reader_with_a_held_out_report(tmp_path: Path) -> None:
    file, out = written(tmp_path / "labels.jsonl", answers()), tmp_path / "tuned"
    report = json.loads(run(str(file), "--reader", str(TINY), "--out", str(out)).stdout)
    assert report["claims"] == 90
    assert report["unsupported"] == 30
    assert set(report["auroc"]) == {"words", "reader", "tuned"}
    assert report["auroc"]["tuned"] > 0.9
    tuned = OnnxReader(out)
    assert tuned.revision != OnnxReader(TINY).revision
    assert tuned.card.weights.not_there == report["weights"]["not_there"]


def test_verdicts_on_ranges_are_read_as_labels_export_writes_them(tmp_path: Path) -> None:
    records = []
    for record in answers():
        wrong = record.pop("unsupported")
        claim = {"start": 0, "end": len(str(record["answer"]))}
        verdict = "contradicted" if wrong else "supported"
        records.append(record | {"turn_id": "t", "claim": claim, "verdict": verdict})
    file = written(tmp_path / "labels.jsonl", records)
    result = run(str(file), "--reader", str(TINY), "--out", str(tmp_path / "tuned"))
    assert json.loads(result.stdout)["unsupported"] == 30


def test_stored_verdicts_of_a_judge_are_labels(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    judged = []
    for number, record in enumerate(answers()):
        answer = str(record["answer"])
        turn = Turn(
            id=f"{number:032x}-{number:016x}",
            trace_id=f"{number:032x}",
            service="shop",
            question=str(record["question"]),
            chunks=(Chunk(text=str(record["contexts"][0])),),  # type: ignore[index]
            answer=answer,
        )
        verdict = Verdict.UNSUPPORTED if record["unsupported"] else Verdict.SUPPORTED
        claim = Claim(start=0, end=len(answer), text=answer, verdict=verdict)
        evaluation = Evaluation(
            evaluator="llm_judge", revision="1", state=State.SCORED, value=1.0, claims=(claim,)
        )
        judged.append(JudgedTurn(turn, (evaluation,)))
    with engine.begin() as connection:
        turns.save(connection, judged)
    url = ["--database-url", settings.database_url] if settings.database_url else []
    arguments = ["--data-dir", str(settings.data_dir), *url, "--reader", str(TINY)]
    out = str(tmp_path / "tuned")
    result = run("--service", "shop", "--judge", "llm_judge", *arguments, "--out", out)
    assert json.loads(result.stdout)["claims"] == 90
    with pytest.raises(UsageError, match="at least 60"):
        run("--service", "shop", *arguments, "--out", str(tmp_path / "none"))


def test_too_few_labels_are_counted_in_the_error(tmp_path: Path) -> None:
    file = written(tmp_path / "few.jsonl", answers(30))
    with pytest.raises(UsageError, match="30 claims, 10 of them unsupported"):
        run(str(file), "--reader", str(TINY), "--out", str(tmp_path / "tuned"))
    assert not (tmp_path / "tuned").exists()


def test_without_a_reader_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    file = written(tmp_path / "labels.jsonl", answers())
    with pytest.raises(UsageError, match=r"pip install \./reader"):
        run(str(file), "--reader", "off", "--out", str(tmp_path / "tuned"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"answer": "Yes.", "verdict": "perhaps"}, "perhaps"),
        ({"answer": "Yes.", "verdict": "supported", "claim": {"start": "a", "end": 1}}, "numbers"),
        ({"answer": "Yes.", "unsupported": 7}, "must be 0 or 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: dict[str, object], problem: str) -> None:
    file = written(tmp_path / "bad.jsonl", [line])
    with pytest.raises(UsageError, match=f"record 1.*{problem}"):
        run(str(file), "--reader", str(TINY), "--out", str(tmp_path / "tuned"))
