"""Spans that are single messages become turns: by their order, their trace or their session."""

import json
from dataclasses import replace

import pytest

from groundwire_collector.assembly.suggestion import suggest
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble, assemble_all
from groundwire_collector.assembly.unanswered import NoTurnReason, unanswered
from groundwire_evaluators.turn import Turn

Q, A = "How long do refunds take?", "Refunds take 14 days."
Q2, A2 = "And in the sale?", "In the sale as well."
TEXT = "Refunds are paid within 14 days."


def said(
    trace,
    role: str,
    text: str,
    parent=None,
    names=("conversation.role", "conversation.content"),
    **more,
):
    return trace.add("message", {names[0]: role, names[1]: text, **more}, parent=parent)


def asked(turns: list[Turn]) -> list[tuple[str | None, str | None]]:
    return [(turn.question, turn.answer) for turn in turns]


def siblings(trace):
    root = trace.add("conversation")
    for role, text in (("user", Q), ("assistant", A), ("user", Q2), ("assistant", A2)):
        said(trace, role, text, root)


def a_chain_of_parents(trace):
    parent = None
    for role, text in (("user", Q), ("assistant", A), ("user", Q2), ("assistant", A2)):
        parent = said(trace, role, text, parent)


def roots_of_one_trace(trace):
    for role, text in (("Human", Q), ("AI", A), ("Human", Q2), ("AI", A2)):
        said(trace, role, text, names=("msg.role", "msg.text"))


def other_names(trace):
    root = trace.add("POST /chat", {"http.request.method": "POST"})
    for role, text in (("customer", Q), ("bot", A), ("customer", Q2), ("bot", A2)):
        said(trace, role, text, root, names=("chat_sender", "chat_message"))


def camel_case(trace):
    root = trace.add("chat")
    for role, text in (("user", Q), ("assistant", A), ("user", Q2), ("assistant", A2)):
        said(trace, role, text, root, names=("messageRole", "messageContent"))


def two_conversations(trace):
    root = trace.add("worker")
    for session, question, answer in (("s-1", Q, A), ("s-2", Q2, A2)):
        said(trace, "user", question, root, **{"session.id": session})
        said(trace, "assistant", answer, root, **{"session.id": session})


def greeted_first(trace):
    root = trace.add("conversation")
    said(trace, "system", "You are helpful.", root)
    for role, text in (("user", Q), ("assistant", A), ("user", Q2), ("assistant", A2)):
        said(trace, role, text, root)


SHAPES = [
    siblings,
    a_chain_of_parents,
    roots_of_one_trace,
    other_names,
    camel_case,
    two_conversations,
    greeted_first,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_message_of_the_model_is_a_turn_with_the_question_before_it(trace, shape):
    shape(trace)
    assert asked(assemble(trace.spans)) == [(Q, A), (Q2, A2)]


def test_a_draft_before_the_answer_is_a_step(trace):
    root = trace.add("conversation")
    for role, text in (("user", Q), ("assistant", "Let me search for that."), ("assistant", A)):
        said(trace, role, text, root)
    assert asked(assemble(trace.spans)) == [(Q, A)]


@pytest.mark.parametrize("role", ["tool", "context", "retriever"])
def test_messages_of_tools_below_the_question_are_its_context(trace, role):
    root = trace.add("conversation")
    for each, text in (
        ("user", Q),
        (role, TEXT),
        ("assistant", A),
        ("user", Q2),
        ("assistant", A2),
    ):
        said(trace, each, text, root)
    first, second = assemble(trace.spans)
    assert [(c.text, c.earlier) for c in first.chunks] == [(TEXT, False)]
    assert [(c.text, c.earlier) for c in second.chunks] == [(TEXT, True)]


def test_a_retrieval_between_two_messages_serves_the_next_answer(trace):
    root = trace.add("conversation")
    said(trace, "user", Q, root)
    trace.retrieval("refund days", TEXT, parent=root)
    said(trace, "assistant", A, root)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]


def test_messages_beside_a_traced_call_make_no_second_turn(trace):
    root = trace.add("conversation")
    said(trace, "user", Q, root)
    trace.chat(Q, A, parent=root)
    said(trace, "assistant", A, root)
    assert asked(assemble(trace.spans)) == [(Q, A)]


def begun(trace, seconds: int) -> None:
    """Shift a trace of spans by a time."""
    trace.spans[:] = [
        replace(s, start_ns=s.start_ns + seconds * 10**9, end_ns=s.end_ns + seconds * 10**9)
        for s in trace.spans
    ]


def test_question_and_answer_in_traces_of_their_own_are_joined_by_session(trace, other, third):
    session = {"conversation.id": "c-9"}
    for each, role, text in ((trace, "user", Q), (other, "assistant", A), (third, "user", Q2)):
        said(each, role, text, **session)
    begun(other, 3)
    begun(third, 9)
    traces = {t.trace_id: t.spans for t in (trace, other, third)}
    assert asked(assemble_all(traces)) == [(Q, A)]


def test_each_question_goes_to_the_next_reply_without_one(trace, other, third):
    session = {"conversation.id": "c-9"}
    for each, role, text in ((trace, "user", "Hi?"), (other, "user", Q), (third, "assistant", A)):
        said(each, role, text, **session)
    begun(other, 2)
    begun(third, 4)
    traces = {t.trace_id: t.spans for t in (trace, other, third)}
    assert asked(assemble_all(traces)) == [(Q, A)]


def test_messages_of_another_session_are_not_joined(trace, other):
    said(trace, "user", Q, **{"conversation.id": "c-1"})
    other.add("padding")
    said(other, "assistant", A, **{"conversation.id": "c-2"})
    assert asked(assemble_all({t.trace_id: t.spans for t in (trace, other)})) == [(None, A)]


def test_a_question_alone_is_known_as_such(trace):
    said(trace, "user", Q)
    assert unanswered(Trace.of(trace.spans)).reason is NoTurnReason.ONLY_QUESTION


def test_a_role_that_is_no_speaker_is_no_message(trace):
    trace.add("login", {"user.role": "admin", "user.text": "welcome back to the admin console"})
    assert assemble(trace.spans) == []


def test_chunks_of_your_own_names_beside_messages_are_proposed_as_retrievals(trace):
    root = trace.add("conversation")
    said(trace, "user", Q, root)
    trace.add("lookup", {"rag.chunks": json.dumps([{"text": TEXT}])}, parent=root)
    said(trace, "assistant", A, root)
    table = suggest([trace.spans])
    assert 'key = "rag.chunks"' in table
    assert '"*" = "retrieval"' in table
