"""Spans on their way to the collector, over real HTTP and in real processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.sdk.receiving import Receiver, accepted, receiving, refused

import groundwire as gw
from groundwire import client, observe
from groundwire.outbox import SPAN_BYTES


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    old = client.install(None)
    if old is not None:
        old.outbox.close(0)


@observe(name="ask")
def ask(question: str) -> str:
    return "hello"


def start(url: str, **settings: Any) -> None:
    gw.init(endpoint=url, export_interval=0.05, **settings)


def test_spans_arrive_with_key_service_and_scope(receiver: Receiver) -> None:
    start(receiver.url, service="bot", api_key="gw_key", model_version="ft-2")
    ask("why?")
    assert gw.flush()
    path, headers, request = receiver.requests[0]
    assert path == "/v1/traces"
    assert headers["Authorization"] == "Bearer gw_key"
    resource = {a.key: a.value.string_value for a in request.resource_spans[0].resource.attributes}
    assert resource["service.name"] == "bot"
    assert request.resource_spans[0].scope_spans[0].scope.name == "groundwire"
    attributes = {a.key: a.value for a in receiver.spans[0].attributes}
    assert attributes["gen_ai.operation.name"].string_value == "invoke_workflow"
    assert attributes["groundwire.model_version"].string_value == "ft-2"
    assert attributes["groundwire.answer_complete"].bool_value is True
    assert json.loads(attributes["gen_ai.output.messages"].string_value) == [
        {"role": "assistant", "parts": [{"type": "text", "content": "hello"}]}
    ]
    assert gw.stats()["exported"] == 1


def test_a_busy_collector_is_tried_again_and_nothing_is_lost(receiver: Receiver) -> None:
    answers = [refused(503), refused(429, Retry_After="0"), accepted()]
    receiver.answer = lambda _: answers.pop(0) if answers else accepted()
    start(receiver.url)
    ask("why?")
    deadline = time.monotonic() + 20
    while not receiver.spans and time.monotonic() < deadline:
        time.sleep(0.05)
    assert receiver.names == ["ask"]
    assert gw.flush()
    assert (gw.stats()["exported"], gw.stats()["failed"], gw.stats()["dropped"]) == (1, 0, 0)


def test_a_collector_that_comes_back_gets_what_waited(receiver: Receiver) -> None:
    receiver.answer = lambda _: refused(503)
    start(receiver.url)
    for _ in range(10):
        ask("why?")
    assert not gw.flush(2)
    receiver.answer = lambda _: accepted()
    assert gw.flush()
    assert len(receiver.spans) == 10


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_refused_spans_are_counted_and_reported_once(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answer = lambda _: refused(status)
    start(receiver.url)
    for _ in range(2):
        ask("why?")
        gw.flush()
    assert gw.stats()["failed"] == 2
    assert len([r for r in caplog.records if str(status) in r.getMessage()]) == 1


def test_rejected_spans_of_a_partial_success_are_counted(receiver: Receiver) -> None:
    receiver.answer = lambda count: accepted(rejected=min(1, count))
    start(receiver.url)
    for _ in range(3):
        ask("why?")
    gw.flush()
    stats = gw.stats()
    assert stats["failed"] == len(receiver.requests)
    assert stats["exported"] + stats["failed"] == 3


def test_a_batch_that_is_too_large_is_split(receiver: Receiver) -> None:
    receiver.answer = lambda count: refused(413) if count > 2 else accepted()
    start(receiver.url)
    for _ in range(9):
        ask("why?")
    assert gw.flush()
    assert len(receiver.spans) == 9
    assert gw.stats()["failed"] == 0


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with receiving() as other:
        receiver.answer = lambda _: refused(307, Location=other.url + "/v1/traces")
        start(receiver.url, api_key="gw_key")
        ask("why?")
        gw.flush()
        assert other.requests == []
    assert gw.stats()["failed"] == 1


def test_the_oldest_are_dropped_and_counted_when_nobody_listens() -> None:
    start("http://127.0.0.1:1", max_queue_mb=1)
    box = client.active().outbox  # type: ignore[union-attr]
    for i in range(2_000):
        ask(f"question {i}")
    stats = gw.stats()
    retained = 1024 * 1024 // SPAN_BYTES
    assert stats["dropped"] + stats["waiting"] == 2_000
    assert stats["waiting"] <= retained
    newest = box._queue[-1]
    assert newest.question == "question 1999"  # type: ignore[attr-defined]


def test_no_turn_arrives_without_its_retrieval_when_spans_are_dropped(receiver: Receiver) -> None:
    receiver.answer = lambda _: refused(503)
    start(receiver.url, max_queue_mb=1)
    search = observe.retrieval(name="search")(lambda question: ["chunk " * 500])
    turn = observe(name="turn")(lambda question: search(question)[0])
    for _ in range(300):
        turn("why?")
    receiver.answer = lambda _: accepted()
    assert gw.flush(10)
    assert gw.stats()["dropped"] > 0
    traces: dict[bytes, list[str]] = {}
    for span in receiver.spans:
        traces.setdefault(span.trace_id, []).append(span.name)
    assert all("search" in names for names in traces.values())
    assert any("turn" in names for names in traces.values())


def test_no_call_waits_for_a_collector_that_never_answers() -> None:
    with receiving(silent=True) as receiver:
        start(receiver.url)
        ask("first")
        time.sleep(0.3)  # the first batch hangs now
        for _ in range(100):
            ask("why?")
        assert gw.stats()["waiting"] == 101
        assert not gw.flush(0.1)


# ---------------------------------------------------------------------- processes

APP = """
import os, sys, time
import groundwire as gw
from groundwire import observe
@observe(name="ask")
def ask(question):
    return "hello"
gw.init(endpoint=sys.argv[1])
"""


def run(code: str, url: str) -> tuple[float, str]:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", APP + code, url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ,
    )
    return time.monotonic() - begun, done.stdout + done.stderr


def test_a_process_delivers_at_its_exit(receiver: Receiver) -> None:
    run("ask('why?')", receiver.url)
    assert receiver.names == ["ask"]


def test_the_exit_is_bounded_when_the_collector_is_dead_or_silent() -> None:
    # The bound is on the delay itself, taken inside the process; starting Python is not counted.
    measured = """
import atexit
from groundwire import client
for i in range(100): ask("why?")
begun = time.monotonic()
atexit.unregister(client._at_exit)
client._at_exit()
print("delay", time.monotonic() - begun)
"""
    _, dead = run(measured, "http://127.0.0.1:1")
    with receiving(silent=True) as receiver:
        _, silent = run(measured, receiver.url)
    for message in (dead, silent):
        delay = float(message.partition("delay ")[2].split()[0])
        assert delay < 2.0  # the promise, a few times what a busy machine adds
        assert "100 spans were not delivered" in message


def test_a_forked_child_sends_its_own_spans_and_not_its_parents(receiver: Receiver) -> None:
    run(
        """
ask("parent")           # waits in the parent's outbox, whose thread the child does not have
pid = os.fork()
ask("child" if pid == 0 else "parent again")
if pid == 0:
    sys.exit(0)
os.waitpid(pid, 0)
""",
        receiver.url,
    )
    questions = sorted(
        json.loads(a.value.string_value)[0]["parts"][0]["content"]
        for span in receiver.spans
        for a in span.attributes
        if a.key == "gen_ai.input.messages"
    )
    assert questions == ["child", "parent", "parent again"]


def test_multiprocessing_children_deliver_too(receiver: Receiver) -> None:
    run(
        """
import multiprocessing
context = multiprocessing.get_context("fork")
children = [context.Process(target=ask, args=("why?",)) for _ in range(2)]
for child in children: child.start()
for child in children: child.join()
""",
        receiver.url,
    )
    assert receiver.names == ["ask", "ask"]


def test_a_thread_that_runs_while_the_process_forks_leaves_no_lock_behind(
    receiver: Receiver,
) -> None:
    run(
        """
import threading
stop = False
def busy():
    while not stop: ask("busy")
thread = threading.Thread(target=busy); thread.start()
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        ask("child"); gw.flush(); os._exit(0)
    os.waitpid(pid, 0)
stop = True; thread.join()
""",
        receiver.url,
    )
    assert len(receiver.spans) > 5


# ---------------------------------------------------------------------- providers


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> tuple[TracerProvider, InMemorySpanExporter]:
    """An app's own provider, as the global one."""
    theirs = TracerProvider(
        resource=Resource({"service.name": "app", "team": "x"}), shutdown_on_exit=False
    )
    exporter = InMemorySpanExporter()
    theirs.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: theirs)
    return theirs, exporter


def test_an_existing_provider_is_joined_and_keeps_its_own_exporter(
    receiver: Receiver, provider: tuple[TracerProvider, InMemorySpanExporter]
) -> None:
    theirs, exporter = provider
    start(receiver.url)
    with theirs.get_tracer("http").start_as_current_span("GET /") as parent:
        ask("why?")
    gw.flush()
    ours = receiver.spans[0]
    assert receiver.names == ["ask"]
    assert ours.parent_span_id.hex() == f"{parent.get_span_context().span_id:016x}"
    resource = receiver.requests[0][2].resource_spans[0].resource
    assert {a.key: a.value.string_value for a in resource.attributes}["team"] == "x"
    assert [span.name for span in exporter.get_finished_spans()] == ["ask", "GET /"]
    # What the app asked and answered goes to our collector only, redacted there.
    assert "why?" not in str(exporter.get_finished_spans()[0].attributes)


def test_init_names_the_service_on_a_joined_provider(
    receiver: Receiver, provider: tuple[TracerProvider, InMemorySpanExporter]
) -> None:
    start(receiver.url, service="bot")
    ask("why?")
    gw.flush()
    resource = receiver.requests[0][2].resource_spans[0].resource
    found = {a.key: a.value.string_value for a in resource.attributes}
    assert (found["service.name"], found["team"]) == ("bot", "x")


def test_other_libraries_spans_are_exported_only_when_asked_for(
    receiver: Receiver, provider: tuple[TracerProvider, InMemorySpanExporter]
) -> None:
    theirs, _ = provider
    start(receiver.url, also_export=["openinference.*"])
    for scope in ("openinference.instrumentation.openai", "opentelemetry.instrumentation.httpx"):
        with theirs.get_tracer(scope).start_as_current_span(scope):
            ask("why?")
    gw.flush()
    assert sorted(receiver.names) == ["ask", "ask", "openinference.instrumentation.openai"]


def test_the_global_provider_is_never_set(receiver: Receiver) -> None:
    before = trace.get_tracer_provider()
    start(receiver.url)
    ask("why?")
    assert trace.get_tracer_provider() is before
    assert not isinstance(before, TracerProvider)


def test_a_provider_that_is_shut_down_does_no_harm(
    receiver: Receiver, provider: tuple[TracerProvider, InMemorySpanExporter]
) -> None:
    theirs, _ = provider
    start(receiver.url)
    ask("why?")
    theirs.shutdown()
    assert receiver.names == ["ask"]
    assert ask("again?") == "hello"


def test_a_second_init_replaces_the_first_which_delivers_what_it_has(receiver: Receiver) -> None:
    start(receiver.url, service="one")
    ask("why?")
    with receiving() as other:
        start(other.url, service="two")
        ask("why?")
        gw.flush()
        assert (receiver.names, other.names) == (["ask"], ["ask"])
        assert gw.stats()["exported"] == 1


def test_a_sampled_share_says_its_probability(receiver: Receiver) -> None:
    start(receiver.url, sample_rate=0.5)
    for _ in range(200):
        ask("why?")
    gw.flush()
    assert 50 < len(receiver.spans) < 150
    found = {a.key: a.value.double_value for a in receiver.spans[0].attributes}
    assert found["groundwire.sampling_probability"] == 0.5
