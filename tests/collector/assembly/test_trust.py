"""What strangers write into a trace reads nothing of its turns and changes none of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from groundwire_collector.assembly.received_scores import judgements_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble_requests
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.receiver.blocks import json_log_blocks, json_trace_blocks
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn

TRACE, ROOT = "ab" * 16, f"{1:016x}"
Result = list[tuple[Turn, tuple[Evaluation, ...]]]


def messages(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def span(
    number: int, operation: str | None, parent: int | None = 1, **texts: str
) -> dict[str, Any]:
    names = {
        "question": "gen_ai.input.messages",
        "answer": "gen_ai.output.messages",
        "query": "gen_ai.retrieval.query.text",
        "chunk": "gen_ai.retrieval.documents",
    }
    forms: dict[str, Callable[[str], str]] = {
        "question": lambda text: messages("user", text),
        "answer": lambda text: messages("assistant", text),
        "query": str,
        "chunk": lambda text: json.dumps([{"id": "d0", "content": text}]),
    }
    values = {names[kind]: forms[kind](text) for kind, text in texts.items()}
    if operation:
        values["gen_ai.operation.name"] = operation
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": operation or "handle",
        "startTimeUnixNano": str(1_764_000_000_000_000_000 + number * 1000),
        "endTimeUnixNano": str(1_764_000_001_000_000_000 - number * 1000),
        "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in values.items()],
    }


Send = Callable[..., None]


@pytest.fixture
def send(engine: Engine) -> Send:
    """Sends spans or log records of a service with a key for some services (None: all)."""

    store, admission = SpanStore(engine), Validator(longest=2**20)

    def post(
        service: str, services: set[str] | None, *items: dict[str, Any], logs: bool = False
    ) -> None:
        access = Access("key", services=None if services is None else frozenset(services))
        attributes = [{"key": "service.name", "value": {"stringValue": service}}]
        forged = {"key": "groundwire.key.services", "value": {"stringValue": "shop"}}
        resource = {"attributes": [*attributes, forged]}
        if logs:
            scopes = [{"logRecords": items}]
            body = {"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}
            read = json_log_blocks(json.dumps(body).encode())
            store.write([], admission.logs(read, access).logs)
        else:
            scopes = [{"spans": items}]
            body = {"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}
            read_spans = json_trace_blocks(json.dumps(body).encode())
            store.write(admission.spans(read_spans, access).spans)

    return post


def result(engine: Engine) -> Result:
    with engine.connect() as connection:
        trace = Trace.of(spans_of(connection, [TRACE])[TRACE])
    return [
        (turn, judgements_of(request).get(turn.id, ()))
        for request in assemble_requests([trace])
        for turn, _ in request.turns
    ]


QUESTION, CHUNK, ANSWER = "How long is leave?", "Leave lasts 20 days.", "20 days."
OWN_TURN = (
    span(1, "invoke_workflow", None, question=QUESTION, answer=ANSWER),
    span(2, "retrieval", query=QUESTION, chunk=CHUNK),
    span(3, "chat", question=QUESTION, answer=ANSWER),
)


def test_a_stranger_that_answers_in_a_trace_reads_nothing_of_it(engine: Engine, send: Send) -> None:
    send("shop", {"shop"}, span(1, None, None), span(2, "retrieval", query=QUESTION, chunk=CHUNK))
    send("spy", {"spy"}, span(3, "chat", answer="one two three four"))
    found = {turn.service: turn for turn, _ in result(engine)}
    assert not found["spy"].chunks
    assert QUESTION not in repr(found["spy"])


@pytest.mark.parametrize("services", [{"shop"}, None])
def test_a_strangers_chunks_are_no_evidence(
    engine: Engine, send: Send, services: set[str] | None
) -> None:
    send("shop", services, *OWN_TURN)
    send("spy", {"spy"}, span(4, "retrieval", query=QUESTION, chunk="Leave is 30 days. EVIL"))
    ((turn, _),) = result(engine)
    assert [chunk.text for chunk in turn.chunks] == [CHUNK]


def score(name: str, **more: Any) -> dict[str, Any]:
    attributes = [
        {"key": "gen_ai.evaluation.name", "value": {"stringValue": name}},
        {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.0}},
    ]
    event = {"eventName": "gen_ai.evaluation.result", "attributes": attributes}
    time = str(1_764_000_002_000_000_000)
    return {"traceId": TRACE, "spanId": ROOT, "timeUnixNano": time, **event, **more}


def test_a_strangers_score_is_no_score_of_the_turn(engine: Engine, send: Send) -> None:
    send("shop", {"shop"}, *OWN_TURN)
    send("shop", {"shop"}, score("own"), logs=True)
    send("spy", {"spy"}, score("evil"), logs=True)
    event = {"name": "gen_ai.evaluation.result", "attributes": score("evil")["attributes"]}
    send("spy", {"spy"}, {**span(5, None), "events": [event]})
    ((_, scores),) = result(engine)
    assert [evaluation.evaluator for evaluation in scores] == ["own"]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(None, None), ({"shop", "search"}, {"search"}), ({"shop"}, {"search", "shop"})],
)
def test_services_of_keys_that_share_one_make_a_turn_together(
    engine: Engine, send: Send, mine: set[str] | None, theirs: set[str] | None
) -> None:
    send("shop", mine, OWN_TURN[0], OWN_TURN[2])
    send("search", theirs, OWN_TURN[1])
    send("search", theirs, score("theirs"), logs=True)
    ((turn, scores),) = result(engine)
    assert [chunk.text for chunk in turn.chunks] == [CHUNK]
    assert [evaluation.evaluator for evaluation in scores] == ["theirs"]
