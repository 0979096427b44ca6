"""Turns that would take an evaluator hours cost their own judgement at most."""

import json
import random
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.end_to_end.test_crash import message, trace_body
from tests.running import collector, until

from groundwire import attributes

ROWS = random.Random(1)


def amounts(rows: int) -> str:
    """A table as an answer about invoices gives it."""
    return "\n".join(
        f"Invoice total for account {ROWS.randint(1000, 9999)} is ${ROWS.randint(100, 99999)}.50."
        for _ in range(rows)
    )


HOSTILE = {
    "a table of amounts": ("What are the invoice totals?", amounts(150), amounts(600)),
    "newlines": ("How much?", "The fee is 5." + "\n" * 100_000, "The fee is 20 euros."),
    "a question of numbers": ("Please sum: " + "1," * 50_000, "It is 50.", "The fee is 20 euros."),
    "a context of spaces": ("How much?", "The fee is 20 euros.", "The fee" + " " * 200_000),
    "backticks": ("How much?", "`" * 100_000, "The fee is 20 euros."),
}


def hostile_body(trace_id: str, question: str, answer: str, chunk: str) -> bytes:
    """A turn like any other, with these texts."""
    request = ExportTraceServiceRequest.FromString(trace_body(trace_id))
    texts = {
        attributes.INPUT_MESSAGES: message("user", question),
        attributes.OUTPUT_MESSAGES: message("assistant", answer),
        attributes.DOCUMENTS: json.dumps([{"id": "c1", "content": chunk}]),
    }
    for origin in request.resource_spans:
        for attribute in origin.scope_spans[0].spans[0].attributes:
            attribute.value.string_value = texts.get(attribute.key, attribute.value.string_value)
    return request.SerializeToString()


def test_turns_behind_hostile_ones_are_judged(tmp_path: Path) -> None:
    with collector(tmp_path) as running:
        for number, texts in enumerate(HOSTILE.values(), 1):
            assert running.post(hostile_body(f"{number:032x}", *texts)) == 200
        for number in range(100, 120):
            assert running.post(trace_body(f"{number:032x}")) == 200
        until(lambda: running.metric("groundwire_turns_total") == len(HOSTILE) + 20)
        assert running.metric("groundwire_traces_failed_total") == 0
        assert running.metric("groundwire_process_restarts_total") == 0
