"""The wrappers for JavaScript: run by node, against a collector that runs."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.npm import installed

from groundwire_demo import collector
from groundwire_demo.collector import Collector

pytestmark = pytest.mark.needs("node")

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "javascript"
PACKAGES = json.loads((EXAMPLE / "package.json").read_text(encoding="utf-8"))["dependencies"]


@pytest.fixture
def project(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """The example with its packages, and the program of this test."""
    modules = installed(pytestconfig, "javascript-example", PACKAGES)
    folder = shutil.copytree(EXAMPLE, tmp_path / "project")
    shutil.copy(Path(__file__).with_name("calls.mjs"), folder)
    (folder / "node_modules").symlink_to(modules / "node_modules")
    return folder


def node(project: Path, program: str, **environment: str) -> str:
    ran = subprocess.run(
        ["node", program],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def judged(watcher: Collector, turns: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while watcher.turns_judged() < turns and time.monotonic() < deadline:
        time.sleep(0.1)
    return watcher.worst_turns(limit=10, since=None)


def test_a_streamed_answer_that_contradicts_its_page_comes_first(project, tmp_path):
    with collector.running(tmp_path / "data") as watcher:
        printed = node(
            project,
            "app.mjs",
            OTEL_EXPORTER_OTLP_ENDPOINT=watcher.url,
            OTEL_EXPORTER_OTLP_HEADERS=f"Authorization=Bearer%20{watcher.api_key}",
        )
        worst, other = judged(watcher, turns=2)
    assert (
        printed.splitlines()[0] == worst["answer"] == "New balances carry a warranty of 24 months."
    )
    assert worst["question"] == "How long is the warranty?"
    assert [(c["id"], c["score"]) for c in worst["chunks"]] == [("warranty", 0.9)]
    assert (worst["session_id"], worst["model_version"]) == ("visit-1", "1")
    flags = [
        next(s["flagged"] for s in turn["scores"] if s["evaluator"] == "grounding")
        for turn in (worst, other)
    ]
    assert flags == [True, False]


@pytest.fixture
def calls(project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(node(project, "calls.mjs"))
    return found


def test_callers_see_what_they_would_see_without_the_wrappers(calls):
    assert calls["seen"].pop("object")["model"] == "m-2"
    assert calls["seen"] == {
        "this": "bot: hello?",
        "sync": 3,
        "circular": True,
        "thrown": "RangeError full",
        "rejected": "RangeError full",
        "broken": "cut",
        "early": "one ",
    }


def test_spans_hold_the_chunks_the_answer_and_the_error(calls):
    turn, search, response, circular, *others = (span["attributes"] for span in calls["spans"])
    assert (turn["user.id"], turn["app.team"]) == ("u-1", "x")
    assert turn["groundwire.answer_complete"] is True
    documents = json.loads(search["gen_ai.retrieval.documents"])
    assert [(d.get("id"), d["content"]) for d in documents] == [
        (None, "a"),
        ("7", "b"),
        (None, '{"price":3}'),
    ]
    assert (response["gen_ai.response.model"], response["gen_ai.usage.input_tokens"]) == ("m-2", 5)
    assert "gen_ai.output.messages" not in circular
    thrown, rejected, broken, early = others
    assert {a["error.type"] for a in (thrown, rejected, broken)} == {"RangeError"}
    assert json.loads(early["gen_ai.output.messages"])[0]["parts"][0]["content"] == "one "
    assert [span["status"] for span in calls["spans"][4:]] == [2, 2, 2, 0]


def test_the_page_shows_the_program_that_is_shipped():
    page = (ROOT / "docs" / "howto" / "javascript.md").read_text(encoding="utf-8")
    program = (EXAMPLE / "app.mjs").read_text(encoding="utf-8")
    assert f"```js\n{program}```" in page
