"""Judges against a real llama.cpp server, with a model too weak to judge.

SmolLM2-135M under a JSON schema writes well-formed replies without sense, and loops.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
)
from groundwire_collector.judges.registry import llm_judge
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

pytestmark = pytest.mark.needs("llama.cpp")

SERVER = """
import sys
from groundwire_demo.live import engine, parts
server = engine.engine(parts.weights())
print(server.listening_address, flush=True)
sys.stdin.read()
"""
TURN = Turn(
    id="t1",
    question="When does it open?",
    answer="The library opens at nine.",
    chunks=(Chunk(id="a", text="The library opens at nine. It lends tools."),),
)
MOST_TOKENS = 48  # a model that loops fills any limit


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log: Path = tmp_path_factory.mktemp("llama") / "server.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, log.read_text(errors="replace")
        yield f"{address}/v1"
        process.kill()


def assert_failed_without_a_score(found: Evaluation) -> None:
    assert (found.state, found.value, found.flagged) == (State.FAILED, None, None)
    assert found.failure == "truncated"
    assert (found.reason or "").startswith("truncated: ")
    assert found.usage is not None
    assert set(found.usage.calls) == {"truncated"}
    assert found.usage.output_tokens > 0


def test_a_model_too_weak_to_judge_is_failed_and_counted_and_gives_no_score(url: str) -> None:
    settings = Settings(
        judge_endpoint=url,
        judge_model="smollm2",
        judge_extra={"max_tokens": MOST_TOKENS},
        judge_timeout_seconds=240.0,
    )
    assert_failed_without_a_score(llm_judge(settings).judge(TURN))


@pytest.mark.needs("ragas")
def test_ragas_with_a_model_too_weak_for_it_is_failed_and_counted(url: str) -> None:
    address = {
        "url": url,
        "model": "smollm2",
        "timeout_seconds": 240.0,
        "extra": {"max_tokens": MOST_TOKENS},
    }
    host = EvaluatorHost([EvaluatorReference("ragas_faithfulness", address)], 280.0, 280.0)
    try:
        [found] = evaluate(IsolatedEvaluator(host, 0), [TURN])
    finally:
        host.close()
    assert_failed_without_a_score(found)
