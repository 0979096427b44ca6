"""`groundwire probe` as people call it: build a pack, run it, compare the runs."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from groundwire_collector.commands.probe import probe
from groundwire_collector.errors import UsageError
from groundwire_evaluators.reliance.probe import load_pack

MODEL = """
from groundwire_evaluators.reliance.probe import load_pack

ITEMS = {item.question: item for item in load_pack().items}


def reads(question, chunks):
    item = ITEMS[question]
    return item.substitute if item.conflict in " ".join(chunks) else item.original


def recites(question, chunks):
    return ITEMS[question].original


def breaks(question, chunks):
    raise TimeoutError
"""
FACTS = (
    "The shop opened in the old harbour and has been run by the same family ever since. "
    "Refunds are accepted within 30 days of purchase, provided that the goods are unworn. "
    "Parcels are sent before noon and arrive by the second day in most parts of the country. "
    "Shipping costs $4.99 per order, whatever its weight may be, and is paid at the till. "
    "The loyalty card can be had at the till, and its holders are told of sales beforehand."
)


@pytest.fixture(autouse=True)
def _models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "probe_models.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "probe_models", raising=False)


def call(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(probe, list(arguments))
    if isinstance(result.exception, UsageError):
        raise result.exception
    assert result.exit_code == exit_code, result.output
    return result.stdout


def run(model: str, *more: str, exit_code: int = 0) -> dict[str, Any]:
    arguments = ("run", "--function", f"probe_models:{model}", "--limit", "40", *more)
    reported = json.loads(call(*arguments, exit_code=exit_code))
    assert isinstance(reported, dict)
    return reported


ALL = ("--rate", "100000")


def test_a_run_prints_its_summary_and_keeps_its_results() -> None:
    reported = run("reads", *ALL, "--out", "run.jsonl", "--model-version", "ft-1")
    assert reported["run"]["model_version"] == "ft-1"
    assert reported["summary"]["strata"]["known"]["conflict"]["memorization_ratio"] == 0.0
    assert reported["summary"]["calls"] == 240
    assert len(Path("run.jsonl").read_text(encoding="utf-8").splitlines()) == 241


def test_a_model_that_recites_exits_with_2_against_baseline_and_best() -> None:
    run("reads", *ALL, "--out", "baseline.jsonl")
    again = run("reads", *ALL, "--baseline", "baseline.jsonl")
    assert not again["comparisons"]["baseline"]["override"]
    reported = run(
        "recites", *ALL, "--baseline", "baseline.jsonl", "--earlier", "baseline.jsonl", exit_code=2
    )
    assert reported["comparisons"]["baseline"]["override"]
    assert reported["comparisons"]["best"]["override"]
    assert reported["comparisons"]["baseline"]["mcnemar"]["lost"] == 40


def test_a_run_without_any_answer_is_an_error_not_a_result() -> None:
    with pytest.raises(UsageError, match="no call was answered"):
        run("breaks", *ALL)


def test_a_pack_is_built_from_a_corpus_and_can_be_run(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "shop.md").write_text(FACTS, encoding="utf-8")
    assert "items" in call("build", "--corpus", "docs", "--out", "mine.jsonl")
    assert len(load_pack(tmp_path / "mine.jsonl")) >= 2
    report = json.loads((tmp_path / "mine.report.json").read_text(encoding="utf-8"))
    assert report["items"] == len(load_pack(tmp_path / "mine.jsonl"))


def test_a_pack_is_built_from_turns_with_a_training_file(tmp_path: Path) -> None:
    turn = {"question": "How long for refunds?", "contexts": [FACTS], "answer": "30 days"}
    (tmp_path / "turns.jsonl").write_text(json.dumps(turn), encoding="utf-8")
    example = {
        "messages": [
            {
                "role": "user",
                "content": "refunds accepted within 30 days of purchase provided goods are unworn",
            }
        ]
    }
    (tmp_path / "train.jsonl").write_text(json.dumps(example), encoding="utf-8")
    call("build", "--turns", "turns.jsonl", "--training", "train.jsonl", "--out", "mine.jsonl")
    assert [item.stratum for item in load_pack(tmp_path / "mine.jsonl").items] == ["fine_tune"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run",), "either"),
        (("run", "--endpoint", "http://127.0.0.1:1/v1"), "--model"),
        (("run", "--function", "nothing.here:f"), "imported"),
        (("run", "--function", "json:dumps", "--arms", "sideways"), "sideways"),
        (("run", "--function", "json:dumps", "--pack", "none.jsonl"), "none.jsonl"),
        (("run", "--function", "json:dumps", "--rate", "0"), "positive"),
        (("run", "--function", "json:dumps", "--limit", "2"), "take more items"),
        (("run", "--function", "json:dumps", "--system", "x"), "given together"),
        (("run", "--function", "json:dumps", "--baseline", "none.jsonl"), "not a probe run"),
        (("build", "--out", "x.jsonl"), "--corpus"),
        (("build", "--out", "x.jsonl", "--corpus", "none.txt"), "cannot be read"),
        (("build", "--out", "x.jsonl", "--stored", "nowhere"), "no database in nowhere"),
        (("build", "--out", "x.jsonl", "--corpus", "probe_models.py"), "no valid item"),
    ],
)
def test_a_call_that_cannot_be_carried_out_says_what_to_do(
    arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        call(*arguments)
