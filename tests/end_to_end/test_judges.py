"""A judge that is slow, or dies, holds up nothing: its scores join the turns later."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from tests.end_to_end.conftest import KEY, Collector, until
from tests.model_server import ChatServer, judging, serving

from groundwire import attributes

SECOND = 1_000_000_000


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def span(number: int, kind: str, parent: str = "", **reported: str) -> dict[str, object]:
    at = (1_790_000_000 + number) * SECOND
    return {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:015x}{1 if parent else 0}",
        "parentSpanId": parent,
        "name": kind,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + SECOND // (2 if parent else 1)),
        "attributes": [
            *({"key": key, "value": {"stringValue": text}} for key, text in reported.items()),
            {"key": attributes.OPERATION, "value": {"stringValue": kind}},
            *(
                []
                if parent
                else [{"key": attributes.ANSWER_COMPLETE, "value": {"boolValue": True}}]
            ),
        ],
    }


def turn(number: int) -> dict[str, object]:
    """OTLP of one turn and its retrieval."""
    texts = {
        attributes.INPUT_MESSAGES: message("user", "When does it open?"),
        attributes.OUTPUT_MESSAGES: message("assistant", "The library opens at nine."),
    }
    documents = json.dumps([{"id": "c1", "content": "The library opens at nine."}])
    root = span(number, attributes.OPERATION_TURN, **texts)
    below = f"{number + 1:015x}0"
    search = span(
        number, attributes.OPERATION_RETRIEVAL, below, **{attributes.DOCUMENTS: documents}
    )
    scope = {"scope": {"name": attributes.SCOPE}, "spans": [search, root]}
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [scope]}]}


def send(collector: Collector, number: int) -> None:
    answer = httpx.post(
        f"{collector.url}/v1/traces",
        json=turn(number),
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert answer.is_success


def scores(collector: Collector, number: int) -> dict[str, dict[str, object]]:
    [found] = collector.get(f"/api/v1/turns?trace_id={number + 1:032x}").json()["turns"] or [None]
    return {score["evaluator"]: score for score in found["scores"]} if found else {}


def at_a_call(collector: Collector, endpoint: ChatServer) -> psutil.Process | None:
    """The process of the collector that has a connection to the endpoint."""
    assert collector.process is not None
    port = httpx.URL(endpoint.url).port
    for process in psutil.Process(collector.process.pid).children():
        if any(c.raddr and c.raddr.port == port for c in process.net_connections()):
            return process
    return None


@pytest.fixture
def endpoint() -> Iterator[ChatServer]:
    with serving() as reported:
        reported.plays(judging)
        yield reported


def test_scores_of_a_judge_join_the_turn_and_its_process_may_die_at_its_call(
    tmp_path: Path, endpoint: ChatServer
) -> None:
    golden = {"contexts": ["The museum is free."], "answer": "The museum is free."}
    (tmp_path / "golden.jsonl").write_text(json.dumps({**golden, "unsupported": 0}) + "\n")
    collector = Collector(
        tmp_path,
        {
            "GROUNDWIRE_JUDGE_GOLDEN": str(tmp_path / "golden.jsonl"),
            "GROUNDWIRE_JUDGES": "llm_judge=1",
            "GROUNDWIRE_JUDGE_ENDPOINT": endpoint.url,
            "GROUNDWIRE_JUDGE_MODEL": "acme-1",
            "GROUNDWIRE_JUDGE_PER_MINUTE": "6000",
        },
    )
    collector.start()
    over = threading.Event()
    try:
        send(collector, 0)
        until(lambda: "llm_judge" in scores(collector, 0), "the judge")
        found = scores(collector, 0)
        assert (found["llm_judge"]["value"], found["llm_judge"]["probability"]) == (1.0, 1.0)
        assert found["grounding"]["probability"] is None
        agreed = 'judge_agreement{bound="mean",evaluator="llm_judge",measure="agreement"'
        until(lambda: agreed in collector.get("/metrics").text, "the golden set")

        endpoint.answer = lambda path, body: (500 + over.wait(60), b"", {})
        send(collector, 1)
        judge = until(lambda: at_a_call(collector, endpoint), "its call")
        assert "grounding" in scores(collector, 1)
        judge.kill()
        send(collector, 2)
        until(lambda: "grounding" in scores(collector, 2), "the worker")
        reported = collector.get("/metrics").text
        assert 'groundwire_judge_calls_total{evaluator="llm_judge",result="answered"' in reported
        assert 'groundwire_judge_queue_length{evaluator="llm_judge"} 2.0' in reported
    finally:
        over.set()
        collector.stop()
