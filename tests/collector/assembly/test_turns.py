"""Requests whose pieces come apart: in different batches, late, out of order, or never.

Everything comes as OTLP bytes and goes through the worker's pipeline, on both databases.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import Engine

from groundwire import attributes
from groundwire_collector import metric_definitions
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage import closed_book_turns, counters, turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery

QUESTION = "What does the phone cost?"
ANSWER = "The phone costs 200 euros."
TEXT = "Price list: phone 200 euros."
SECOND = 1_000_000_000
_numbers = count()
MINUTE = 60.0
HOUR = 3600.0


@dataclass
class Deployment:
    """A store and its worker; `at` lets the worker do what is due so many seconds from now."""

    engine: Engine
    pipeline: Pipeline
    send_to: Callable[..., None]
    began_ns: int = field(default_factory=time_ns)

    def send(self, *traces: Any) -> None:
        self.send_to(self.engine, *traces)

    def at(self, seconds: float) -> None:
        while self.pipeline.step(self.began_ns + round(seconds * SECOND)):
            pass

    def turns(self) -> list[JudgedTurn]:
        with self.engine.connect() as connection:
            found = turns.find(connection, TurnQuery(limit=100))
        return sorted(found, key=lambda item: item.turn.id)

    def turn(self) -> Any:
        [found] = self.turns()
        return found.turn

    def count(self, metric: metric_definitions.MetricDefinition) -> float:
        with self.engine.connect() as connection:
            found = counters.counters(connection)
        return sum(c.value for (name, _), c in found.items() if name == metric.name)

    def counted(self) -> tuple[float, float]:
        return self.count(metric_definitions.TURNS), self.count(metric_definitions.TURNS_REOPENED)


@pytest.fixture
def database() -> str:
    return "sqlite"


# What reads and writes the index of pieces.
on_both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))],
)


@pytest.fixture
def deployed(request, database, blank, tmp_path, send) -> Iterator[Deployment]:
    url = None
    if database == "postgresql":
        cluster = request.getfixturevalue("cluster")
        name = f"requests_{next(_numbers)}"
        cluster.create(name)
        url = cluster.url(name)
    else:
        shutil.copy(blank, tmp_path)
    settings = Settings(data_dir=tmp_path, database_url=url)
    engine = open_engine(settings)
    if url:
        make_schema(engine)
    yield Deployment(engine, Pipeline(settings, engine, []), send)
    engine.dispose()


def retriever(trace: Any, session: str | None = "s-1", **fields: Any) -> Any:
    shared = {"session.id": session} if session else {}
    return trace.add(
        "retrieve",
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": QUESTION,
            "retrieval.documents.0.document.content": TEXT,
            **shared,
        },
        **fields,
    )


def in_session(**more: Any) -> dict[str, Any]:
    return {"session.id": "s-1", **more}


def chain(trace: Any, session: bool = True, **fields: Any) -> Any:
    provided = {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": ANSWER}
    shared = in_session() if session else {}
    return trace.add("ask", {**provided, **shared, **fields.pop("attributes", {})}, **fields)


# Pieces in different batches


@on_both_databases
def test_a_retrieval_that_comes_minutes_after_its_answer_is_joined_to_it(deployed, trace, other):
    trace.chat(QUESTION, ANSWER, attributes=in_session(), start_ns=3 * SECOND, end_ns=4 * SECOND)
    deployed.send(trace)
    deployed.at(MINUTE)
    assert deployed.turn().route == "parametric"

    retriever(other)
    deployed.send(other)
    deployed.at(20 * MINUTE)
    turn = deployed.turn()
    assert (turn.route, [chunk.text for chunk in turn.chunks]) == ("retrieval", [TEXT])
    assert turn.trace_id == trace.trace_id
    assert deployed.counted() == (1, 1)


@on_both_databases
def test_a_retrieval_judged_before_its_answer_came_is_found_again(deployed, trace, other):
    retriever(other)
    deployed.send(other)
    deployed.at(HOUR)
    assert deployed.turns() == []
    trace.chat(QUESTION, ANSWER, attributes=in_session(), start_ns=3 * SECOND, end_ns=4 * SECOND)
    deployed.send(trace)
    deployed.at(2 * HOUR)
    assert [chunk.text for chunk in deployed.turn().chunks] == [TEXT]
    assert deployed.counted() == (1, 0)


@pytest.mark.parametrize("shared", ["session", "response", "words"])
def test_a_call_judged_before_the_chain_it_served_stays_the_turn(deployed, trace, other, shared):
    link = {"session": in_session(), "response": {"gen_ai.response.id": "r-1"}, "words": {}}
    other.chat(QUESTION, ANSWER, attributes=link[shared], start_ns=3 * SECOND, end_ns=4 * SECOND)
    deployed.send(other)
    deployed.at(MINUTE)
    known = deployed.turn().id

    root = chain(trace, session=shared == "session", attributes=link[shared], end_ns=9 * SECOND)
    retriever(trace, None, parent=root)
    deployed.send(trace)
    deployed.at(HOUR)
    turn = deployed.turn()
    assert (turn.id, turn.question, turn.answer) == (known, QUESTION, ANSWER)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]
    assert turn.model == "acme-chat"
    assert deployed.counted() == (1, 1)


@on_both_databases
def test_pieces_that_are_linked_through_a_third_are_one(deployed, trace, other, third):
    """The retrieval shares a session with the chain, and the call only what it said."""
    retriever(other)
    chain(third, start_ns=2 * SECOND, end_ns=9 * SECOND)
    for each in (other, third):
        deployed.send(each)
        deployed.at(HOUR)
    trace.chat(QUESTION, ANSWER, start_ns=3 * SECOND, end_ns=4 * SECOND)
    deployed.send(trace)
    deployed.at(2 * HOUR)
    turn = deployed.turn()
    assert ([chunk.text for chunk in turn.chunks], turn.model) == ([TEXT], "acme-chat")
    assert deployed.counted()[0] == 1


def test_a_late_span_of_one_piece_does_not_lose_the_others(deployed, trace, other):
    trace.chat(QUESTION, ANSWER, attributes=in_session(), start_ns=3 * SECOND, end_ns=4 * SECOND)
    retriever(other)
    deployed.send(trace, other)
    deployed.at(HOUR)
    trace.add("http.client", {"http.url": "http://example.org"}, start_ns=3 * SECOND)
    deployed.send(trace)
    deployed.at(2 * HOUR)
    assert [chunk.text for chunk in deployed.turn().chunks] == [TEXT]
    assert deployed.counted() == (1, 0)


@on_both_databases
def test_turns_counted_apart_become_one_and_are_not_counted_again(deployed, trace, other):
    """What joins them comes late: the session stands on a span of its own."""
    other.chat(QUESTION, ANSWER, start_ns=3 * SECOND, end_ns=4 * SECOND, attributes=in_session())
    root = trace.add(
        "ask",
        {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": "200 EUR"},
        end_ns=9 * SECOND,
    )
    retriever(trace, None, parent=root)
    for each in (other, trace):
        deployed.send(each)
        deployed.at(MINUTE)
    assert len(deployed.turns()) == 2
    trace.add("session", in_session(), parent=root, start_ns=2 * SECOND, end_ns=3 * SECOND)
    deployed.send(trace)
    deployed.at(HOUR)
    [item] = deployed.turns()
    assert [chunk.text for chunk in item.turn.chunks] == [TEXT]
    assert deployed.count(metric_definitions.TURNS) == 2  # what was counted stays counted
    assert deployed.count(metric_definitions.TURNS_REOPENED) == 1


def test_other_turns_of_the_session_stay_apart_whichever_batch_brings_them(deployed, trace, other):
    for number, each in enumerate((trace, other)):
        each.retrieval(f"question {number}?", TEXT)
        each.chat(f"question {number}?", f"An answer, {number}.", attributes=in_session())
        deployed.send(each)
        deployed.at(HOUR)
    assert len(deployed.turns()) == 2
    assert deployed.counted() == (2, 0)


def test_pieces_of_another_service_are_never_joined(deployed, trace, other):
    trace.chat(QUESTION, ANSWER, attributes=in_session(), start_ns=3 * SECOND, end_ns=4 * SECOND)
    retriever(other, service="another")
    for each in (trace, other):
        deployed.send(each)
        deployed.at(HOUR)
    assert deployed.turn().chunks == ()


# Log records that name a response and no span

CONTENT = {
    "gen_ai.response.id": "r-1",
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}],
    "gen_ai.output.messages": [
        {"role": "assistant", "parts": [{"type": "text", "content": ANSWER}]}
    ],
}


def silent_call(trace: Any) -> Any:
    """A call whose content goes to the logs."""
    found = {"gen_ai.operation.name": "chat", "gen_ai.response.id": "r-1"}
    return trace.add("chat acme-chat", {**found, "gen_ai.request.model": "acme-chat"})


@on_both_databases
@pytest.mark.parametrize("first", ["span", "event"])
def test_content_that_names_only_its_response_is_joined_to_the_call(deployed, trace, third, first):
    silent_call(trace)
    third.log("gen_ai.client.inference.operation.details", None, attributes=CONTENT)
    came = (trace, third) if first == "span" else (third, trace)
    for each in came:
        deployed.send(each)
        deployed.at(MINUTE)
    deployed.at(HOUR)
    turn = deployed.turn()
    assert (turn.question, turn.answer, turn.model) == (QUESTION, ANSWER, "acme-chat")
    assert turn.trace_id == trace.trace_id
    assert turn.not_evaluable_reason is None
    assert deployed.counted() == (1, 0)


def test_an_event_that_names_its_trace_and_response_finds_its_span(deployed, trace):
    silent_call(trace)
    trace.log("gen_ai.client.inference.operation.details", None, attributes=CONTENT)
    trace.logs[-1].trace_id = bytes.fromhex(trace.trace_id)
    deployed.send(trace)
    deployed.at(HOUR)
    assert (deployed.turn().answer, deployed.turn().model) == (ANSWER, "acme-chat")


def test_content_whose_call_never_comes_is_a_turn_by_itself(deployed, third):
    attributes_ = {**CONTENT, "gen_ai.operation.name": "chat"}
    third.log("gen_ai.client.inference.operation.details", None, attributes=attributes_)
    deployed.send(third)
    deployed.at(MINUTE)
    assert deployed.turns() == []
    deployed.at(HOUR)
    assert (deployed.turn().question, deployed.turn().answer) == (QUESTION, ANSWER)


@on_both_databases
def test_a_score_that_names_only_the_response_reaches_its_turn_days_later(deployed, trace, third):
    trace.retrieval(QUESTION, TEXT)
    trace.chat(QUESTION, ANSWER, attributes={"gen_ai.response.id": "r-1"})
    deployed.send(trace)
    deployed.at(MINUTE)
    third.log(
        "gen_ai.evaluation.result",
        None,
        attributes={
            "gen_ai.response.id": "r-1",
            "gen_ai.evaluation.name": "helpfulness",
            "gen_ai.evaluation.score.value": 0.25,
        },
    )
    third.logs[-1].time_unix_nano = time_ns() + 3 * 86_400 * SECOND
    deployed.send(third)
    deployed.at(4 * 24 * HOUR)
    [item] = deployed.turns()
    assert [(e.evaluator, e.value) for e in item.evaluations] == [("helpfulness", 0.25)]
    assert deployed.counted() == (1, 1)


# One trace


def test_every_answer_of_an_agents_batch_is_a_turn_with_its_own_chunks(deployed, trace):
    root = trace.add("batch", {"openinference.span.kind": "CHAIN"}, end_ns=99 * SECOND)
    for number in range(3):
        trace.retrieval(f"question {number}?", f"Fact number {number}.", parent=root)
        trace.chat(f"Fact number {number}. question {number}?", f"It is {number}.", parent=root)
    deployed.send(trace)
    deployed.at(HOUR)
    found = [item.turn for item in deployed.turns()]
    assert sorted(turn.answer for turn in found) == ["It is 0.", "It is 1.", "It is 2."]
    for turn in found:
        number = turn.answer[-2]
        assert [chunk.text for chunk in turn.chunks] == [f"Fact number {number}."]
    assert deployed.counted() == (3, 0)


def test_a_conversation_of_several_traces_is_several_turns_of_one_session(deployed, trace, other):
    message: list[tuple[str, str]] = []
    for number, each in enumerate((trace, other)):
        each.retrieval(f"question {number}?", TEXT)
        requested = f"question {number}?"
        each.chat(
            [*message, ("user", requested)], f"Answer {number} it is.", attributes=in_session()
        )
        message += [("user", requested), ("assistant", f"Answer {number} it is.")]
    deployed.send(trace, other)
    deployed.at(HOUR)
    found = [item.turn for item in deployed.turns()]
    assert [turn.question for turn in found] == ["question 0?", "question 1?"]
    assert {turn.session_id for turn in found} == {"s-1"}


def test_children_that_come_before_their_parents_in_requests_of_their_own(deployed, trace):
    root = chain(trace, end_ns=9 * SECOND)
    retriever(trace, None, parent=root)
    trace.chat(f"{TEXT} {QUESTION}", ANSWER, parent=root)
    spans = list(trace.spans)
    for span in reversed(spans):
        deployed.send(replace(trace, spans=[span]))
        deployed.at(0)
    assert deployed.turns() == []
    deployed.at(MINUTE)
    assert [chunk.text for chunk in deployed.turn().chunks] == [TEXT]
    assert deployed.counted() == (1, 0)


def test_a_root_that_never_comes_is_waited_for_and_then_done_without(deployed, trace):
    gateway = "f" * 16
    retriever(trace, None, parent=gateway)
    trace.chat(f"{TEXT} {QUESTION}", ANSWER, parent=gateway)
    deployed.send(trace)
    deployed.at(MINUTE)
    assert deployed.turns() == []
    deployed.at(11 * MINUTE)
    turn = deployed.turn()
    assert (turn.answer, [chunk.text for chunk in turn.chunks]) == (ANSWER, [TEXT])


def test_spans_that_come_minutes_late_open_their_turn_again_and_are_counted_once(deployed, trace):
    root = chain(trace, end_ns=9 * SECOND)
    deployed.send(trace)
    trace.chat(f"{TEXT} {QUESTION}", ANSWER, parent=root)
    deployed.send(trace)
    deployed.at(MINUTE)
    known = deployed.turn().id
    retriever(trace, None, parent=root, start_ns=SECOND)
    deployed.send(trace)
    deployed.at(20 * MINUTE)
    turn = deployed.turn()
    assert (turn.id, [chunk.text for chunk in turn.chunks]) == (known, [TEXT])
    assert deployed.counted() == (1, 1)


def test_a_streamed_answer_that_ends_long_after_its_root_opens_the_turn_again(deployed, trace):
    """The route returned its stream at once; the call's span ended with the last token."""
    stream = "<generator object ask at 0x7f00deadbeef>"
    root = trace.add(
        "ask", {"openinference.span.kind": "CHAIN", "input.value": QUESTION, "output.value": stream}
    )
    retriever(trace, None, parent=root)
    deployed.send(trace)
    deployed.at(MINUTE)
    trace.chat(
        f"{TEXT} {QUESTION}",
        ANSWER,
        parent=root,
        end_ns=600 * SECOND,
        attributes={"gen_ai.response.time_to_first_chunk": 0.5},
    )
    deployed.send(trace)
    deployed.at(HOUR)
    turns_ = deployed.turns()
    assert [item.turn.answer for item in turns_] == [ANSWER]
    assert turns_[0].turn.first_token_seconds == 0.5
    assert deployed.count(metric_definitions.TURNS) == 1


def test_retried_requests_double_nothing(deployed, trace):
    retriever(trace, None)
    trace.chat(f"{TEXT} {QUESTION}", ANSWER)
    for minute in range(1, 4):
        deployed.send(trace)
        deployed.at(minute * 20 * MINUTE)
    assert deployed.counted() == (1, 0)


# What is no traffic


def own(trace: Any, **marks: Any) -> Any:
    def message(role: str, text: str) -> str:
        return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])

    return trace.add(
        "ask",
        {
            attributes.OPERATION: attributes.OPERATION_TURN,
            attributes.INPUT_MESSAGES: message("user", QUESTION),
            attributes.OUTPUT_MESSAGES: message("assistant", ANSWER),
            attributes.ANSWER_COMPLETE: True,
            **marks,
        },
        scope=attributes.SCOPE,
    )


def closed_book_of(trace: Any, production: Any) -> None:
    span = production.spans[0]
    mark = {
        attributes.CLOSED_BOOK: True,
        attributes.CLOSED_BOOK_OF: f"{span.trace_id}:{span.span_id}",
    }
    own(trace, **mark)


@on_both_databases
def test_a_closed_book_call_judged_before_its_turn_waits_for_it(deployed, trace, other):
    own(trace)
    closed_book_of(other, trace)
    deployed.send(other)
    deployed.at(1)
    assert deployed.count(metric_definitions.RELIANCE_OUTCOMES) == 0
    deployed.send(trace)
    deployed.at(30 * MINUTE)
    assert deployed.count(metric_definitions.RELIANCE_OUTCOMES) == 1
    with deployed.engine.connect() as connection:
        [retained] = closed_book_turns.answered(connection)
    assert retained.turn_id.startswith(trace.trace_id)
    assert deployed.counted() == (1, 0)


def test_a_closed_book_call_does_not_wait_for_ever(deployed, trace, other):
    own(trace)
    closed_book_of(other, trace)
    deployed.send(other)
    deployed.at(1)
    deployed.send(trace)
    deployed.at(2 * HOUR)
    assert deployed.count(metric_definitions.RELIANCE_OUTCOMES) == 0


def test_a_closed_book_call_that_waited_is_counted_once(deployed, trace, other):
    own(trace)
    closed_book_of(other, trace)
    for each in (other, trace):
        deployed.send(each)
        deployed.at(MINUTE)
    trace.retrieval(QUESTION, TEXT, parent=trace.spans[0], scope=attributes.SCOPE)
    deployed.send(trace)
    deployed.at(HOUR)
    assert deployed.count(metric_definitions.RELIANCE_OUTCOMES) == 1
    assert deployed.counted() == (1, 1)


def test_closed_book_calls_and_probes_are_no_pieces_of_a_turn_and_not_counted(
    deployed, trace, other
):
    own(trace, **{attributes.PROBE: True})
    closed_book_of(other, trace)
    deployed.send(trace, other)
    deployed.at(HOUR)
    assert len(deployed.turns()) == 2
    assert deployed.counted() == (0, 0)
