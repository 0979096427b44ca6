"""The quickstart is run as it is printed, against a collector that runs."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from groundwire_collector.settings import KEY_FILE
from groundwire_demo import collector
from groundwire_demo.collector import Collector

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "quickstart.py"


def test_the_page_shows_the_program_that_is_shipped() -> None:
    page = (ROOT / "docs" / "tutorial" / "quickstart.md").read_text(encoding="utf-8")
    assert f"```python\n{PROGRAM.read_text(encoding='utf-8')}```" in page


def judged(watcher: Collector, turns: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while watcher.turns_judged() < turns and time.monotonic() < deadline:
        time.sleep(0.1)
    return watcher.worst_turns(limit=10, since=None)


def test_the_answer_that_contradicts_its_page_comes_first(tmp_path: Path) -> None:
    with collector.running(tmp_path) as watcher:
        environment = {
            **os.environ,
            "GROUNDWIRE_ENDPOINT": watcher.url,
            "GROUNDWIRE_API_KEY": watcher.api_key,
        }
        reported = subprocess.run(
            [sys.executable, str(PROGRAM)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert reported.returncode == 0, reported.stderr
        assert "'exported': 6, 'dropped': 0, 'failed': 0" in reported.stdout
        worst, other = judged(watcher, turns=2)
    assert (tmp_path / KEY_FILE).read_text().strip() == watcher.api_key  # to look around later
    assert "24 months" in worst["answer"]
    assert values(worst)["override"] == 1.0
    assert values(other)["override"] == 0.0
    assert {claim["verdict"] for claim in other["claims"]} == {"supported"}


def values(turn: dict[str, Any]) -> dict[str, float]:
    return {score["evaluator"]: score["value"] for score in turn["scores"]}
