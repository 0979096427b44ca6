"""Pieces of one request in several traces."""

from groundwire_collector.assembly.turns import assemble_all

ANSWER = "The phone costs 200 euros."
TEXT = "Price list: phone 200 euros."


def turns(*traces):
    return assemble_all({trace.trace_id: trace.spans for trace in traces})


def in_session(session):
    return {"session.id": session}


def test_a_retrieval_that_lost_its_trace_is_joined_by_its_session(trace, other):
    attributes = {
        "openinference.span.kind": "RETRIEVER",
        "retrieval.documents.0.document.content": TEXT,
        **in_session("s-1"),
    }
    other.add("retrieve", attributes)
    trace.add("ping")
    trace.chat("What does it cost?", ANSWER, attributes=in_session("s-1"))
    (turn,) = turns(trace, other)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]
    assert turn.trace_id == trace.trace_id


def test_a_retrieval_of_another_session_or_of_long_ago_is_not(trace, other):
    attributes = {
        "openinference.span.kind": "RETRIEVER",
        "retrieval.documents.0.document.content": TEXT,
    }
    other.add("retrieve", {**attributes, **in_session("s-2")})
    trace.chat("What does it cost?", ANSWER, attributes=in_session("s-1"), start_ns=2 * 10**9)
    (turn,) = turns(trace, other)
    assert turn.chunks == ()
    old = type(trace)(trace_id="c" * 32)
    old.add("retrieve", {**attributes, **in_session("s-1")})
    late = type(trace)(trace_id="d" * 32)
    late.chat("What?", ANSWER, attributes=in_session("s-1"), start_ns=10**12, end_ns=10**12 + 1)
    (turn,) = turns(late, old)
    assert turn.chunks == ()


def test_a_model_call_that_lost_its_trace_is_joined_by_its_answer(trace, other):
    root = trace.add(
        "ask",
        {"openinference.span.kind": "CHAIN", "input.value": "How much?", "output.value": ANSWER},
        end_ns=9 * 10**9,
    )
    trace.retrieval("How much?", TEXT, parent=root)
    other.chat(f"{TEXT} How much?", ANSWER, start_ns=3 * 10**9)
    (turn,) = turns(trace, other)
    assert (turn.question, turn.answer, turn.model) == ("How much?", ANSWER, "acme-chat")
    assert [chunk.text for chunk in turn.chunks] == [TEXT]


def test_whole_traces_of_one_session_stay_apart(trace, other):
    for number, each in enumerate((trace, other)):
        each.retrieval(f"question {number}?", TEXT)
        each.chat(
            f"question {number}?", f"An answer, number {number}.", attributes=in_session("s-1")
        )
    assert len(turns(trace, other)) == 2


def test_two_bare_calls_of_one_session_stay_apart(trace, other):
    for number, each in enumerate((trace, other)):
        each.chat(
            f"question {number}?", f"An answer, number {number}.", attributes=in_session("s-1")
        )
    assert len(turns(trace, other)) == 2
