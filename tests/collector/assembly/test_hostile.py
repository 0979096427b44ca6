"""Traces that no emitter sends: bounded in time and memory, and nothing escapes.

A bound that is gone shows as a test that does not end.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.diagnosis import diagnose
from groundwire_collector.assembly.linking import piece_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble, assemble_all
from groundwire_collector.storage.span import Span, SpanEvent

MANY = 10_000
LATEST_NS = 2**63 - 1


def span(number, attributes, parent=None, **fields):
    times = {"start_ns": number * 10**6, "end_ns": (number + 1) * 10**6}
    return Span(
        trace_id="a" * 32,
        span_id=f"{number + 1:016x}",
        parent_span_id=None if parent is None else f"{parent + 1:016x}",
        name="x",
        attributes=attributes,
        **{"service": "bot", **times, **fields},
    )


def chat(requested, answered):
    def message(role, text):
        return json.dumps([{"role": role, "content": text}])

    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": message("user", requested),
        "gen_ai.output.messages": message("assistant", answered),
        "session.id": "s-1",
    }


def retrieval(query, *texts):
    documents = json.dumps([{"id": str(i), "content": text} for i, text in enumerate(texts)])
    return {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.retrieval.query.text": query,
        "gen_ai.retrieval.documents": documents,
    }


def test_five_thousand_answers_in_one_trace_are_five_thousand_turns():
    many = MANY // 2
    spans = [span(n, chat(f"Question {n}, please?", f"Answer number {n}.")) for n in range(many)]
    assert len(assemble(spans)) == many


def test_ten_thousand_calls_each_inside_the_one_before_are_one_call():
    spans = [
        span(n, chat("What is it?", "It is this."), n - 1 if n else None, end_ns=LATEST_NS)
        for n in range(MANY)
    ]
    (turn,) = assemble(spans)
    assert turn.answer == "It is this."


def test_ten_thousand_spans_in_a_circle_are_read():
    spans = [span(n, chat("What?", "It is this."), (n + 1) % MANY) for n in range(MANY)]
    assert [turn.answer for turn in assemble(spans)] == ["It is this."]
    assert piece_of("a" * 32, Trace.of(spans)) is not None


def test_ten_thousand_retrievals_of_one_answer_are_its_chunks():
    spans = [span(n, retrieval(f"query {n}", f"Fact number {n}.")) for n in range(MANY)]
    (turn,) = assemble([*spans, span(MANY, chat("What?", "This."))])
    assert len(turn.chunks) == MANY


def test_two_hundred_documents_of_many_retrievals_inside_one_another():
    spans = []
    for number in range(50):
        found = {"openinference.span.kind": "RETRIEVER"}
        for i in range(200):
            found[f"retrieval.documents.{i}.document.content"] = f"Text {i} of {number}."
        spans.append(span(number, found, number - 1 if number else None, end_ns=LATEST_NS))
    (turn,) = assemble([*spans, span(50, chat("What?", "This."))])
    assert len(turn.chunks) == 200


def test_many_calls_that_several_instrumentations_trace_at_one_time():
    same = chat("What?", "The same answer every time.")
    spans = [
        span(n, same, scope=f"scope {n % 7}", start_ns=0, end_ns=LATEST_NS) for n in range(2000)
    ]
    assert 1 <= len(assemble(spans)) <= 2000


MEGABYTE = 1_000_000
TEXTS = {
    "json": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "x" * 50}]}] * 9000),
    "brackets": "[" * MEGABYTE,
    "deep json": "[" * 90_000 + "]" * 90_000,
    "deep objects": '{"a":' * 90_000 + "1" + "}" * 90_000,
    "deep messages": '{"messages":[' * 5_000 + "]}" * 5_000,
    "python": "{'a': " * 10_000 + "1" + "}" * 10_000,
    "python list": "['" + "x" * 30_000 + "', " * 10_000,
    "quotes": '"' * MEGABYTE,
    "spaces": " " * MEGABYTE,
    "marks": "[Scrubbed due to " * 50_000,
    "numbers": "9" * MEGABYTE,
    "backslashes": "\\" * MEGABYTE,
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_megabyte_of_anything_in_every_attribute_of_the_tables(name):
    text = TEXTS[name]
    keys = {
        s.key.replace("{i}", "0") for f in families() for found in f.facts.values() for s in found
    }
    for kind in ("CHAIN", "LLM", "RETRIEVER", "RERANKER", "TOOL", "AGENT"):
        held = dict.fromkeys(sorted(keys), text) | {"openinference.span.kind": kind}
        spans = [span(0, held), span(1, chat("What?", "This.")), span(2, held, parent=1)]
        assert len(assemble(spans)) <= 3
        assert diagnose([spans]).traces == 1


def test_keys_with_ten_thousand_steps_and_numbers_beyond_all_lists():
    found = {
        "openinference.span.kind": "LLM",
        "llm.output_messages.0." + "a." * 10_000 + "b": "x",
        "llm.output_messages." + "9" * 5_000 + ".message.content": "y",
        "llm.output_messages.99999.message.content": "An answer.",
        "llm.output_messages.१.message.content": "z",
    }
    (turn,) = assemble([span(0, found)])
    assert turn.answer == "An answer."


@pytest.mark.parametrize("start", [0, 1, LATEST_NS])
@pytest.mark.parametrize("end", [0, 1, LATEST_NS])
def test_times_of_any_age_and_order(start, end):
    spans = [
        span(0, chat("What?", "This."), start_ns=start, end_ns=end),
        span(1, retrieval("What?", "Text."), start_ns=end, end_ns=start),
    ]
    (turn,) = assemble(spans)
    assert turn.answer == "This."


KEYS = sorted(
    {
        s.key.replace("{i}", n)
        for f in families()
        for found in f.facts.values()
        for s in found
        for n in ("0", "1", "0.message", "0.document", "x")
    }
)
KINDS = sorted({(rule.key, value) for f in families() for rule in f.kinds for value in rule.values})
EVENTS = ("gen_ai.choice", "gen_ai.user.message", "gen_ai.evaluation.result", "db.query.result")
EVENTS = (*EVENTS, "gen_ai.client.inference.operation.details")
TEXT = st.sampled_from(["What?", "It is this answer.", "__REDACTED__", '{"a": [', "s-1", "r-1", ""])
VALUE = st.recursive(
    TEXT | st.integers(-9, 2**63) | st.booleans() | st.none() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["content", "role", "text", "id", "score"]), inner)
    ),
    max_leaves=4,
)
ATTRIBUTES = st.dictionaries(st.sampled_from(KEYS), VALUE | VALUE.map(json.dumps), max_size=6)


@st.composite
def trees(draw):
    """Two traces of spans whose parents are any of them, or none, in any order."""
    spans = []
    for number in range(draw(st.integers(1, 9))):
        attributes = draw(ATTRIBUTES)
        for key, value in draw(st.lists(st.sampled_from(KINDS), max_size=2)):
            attributes[key] = value
        spans.append(
            Span(
                trace_id=draw(st.sampled_from(["a" * 32, "b" * 32])),
                span_id=f"{number:016x}",
                parent_span_id=draw(st.none() | st.integers(0, 9).map(lambda n: f"{n:016x}")),
                name=draw(st.sampled_from(["", "retrieve", "chat"])),
                start_ns=draw(st.integers(0, 9) | st.just(LATEST_NS)),
                end_ns=draw(st.integers(0, 9) | st.just(LATEST_NS)),
                status=draw(st.integers(0, 2)),
                scope=draw(st.sampled_from(["", "groundwire", "logfire", "langsmith"])),
                attributes=attributes,
                events=tuple(
                    SpanEvent(name=name, time_ns=1, attributes=draw(ATTRIBUTES), body=draw(VALUE))
                    for name in draw(st.lists(st.sampled_from(EVENTS), max_size=2))
                ),
            )
        )
    return spans


@settings(max_examples=60, deadline=None)
@given(trees())
def test_any_tree_of_spans_is_assembled_whole_and_each_turn_once(spans):
    traces = {}
    for each in spans:
        traces.setdefault(each.trace_id, []).append(each)
    found = assemble_all(traces)
    assert len({turn.id for turn in found}) == len(found)
    for turn in found:
        assert turn.answer is not None or turn.not_evaluable_reason
    assert assemble_all(traces, [turn.id for turn in found]) == found
    diagnose(traces.values())
