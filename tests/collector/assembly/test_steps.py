"""Steps of a turn: what was said before the answer, each with the context that it had."""

import json

import pytest

from groundwire_collector.assembly.steps import steps_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble_requests

Q, A = "How long do refunds take, and are cards refunded?", "14 days; cards are not refunded."
REFUNDS, CARDS = "Refunds are paid within 14 days.", "Gift cards cannot be refunded."
OPERATION = "gen_ai.operation.name"


@pytest.fixture
def found(trace):
    """Steps of the only turn as (answer, texts of chunks)."""

    def read():
        requests = assemble_requests([Trace.of(trace.spans)])
        [(turn, _)] = requests[0].turns
        assert turn.answer == A
        steps = steps_of(requests).get(turn.id, [])
        return [(step.answer, [chunk.text for chunk in step.chunks]) for step in steps]

    return read


def agent(trace, name, parent=None, **more):
    return trace.add(f"invoke_agent {name}", {OPERATION: "invoke_agent", **more}, parent=parent)


def test_the_answer_of_a_sub_agent_is_a_step_with_what_it_retrieved(trace, found):
    sent = json.dumps([{"role": "user", "content": Q}])
    top = agent(trace, "desk", **{"gen_ai.input.messages": sent})
    for question, text, said in (
        ("refund days", REFUNDS, "Refunds take 30 days."),
        ("gift cards", CARDS, "Cards are not refunded."),
    ):
        below = agent(trace, "researcher", top)
        trace.retrieval(question, text, parent=below)
        trace.chat(f"{text}\n{question}?", said, parent=below)
    trace.chat(
        [("user", Q), ("tool", "Refunds take 30 days."), ("tool", "Cards are not refunded.")],
        A,
        parent=top,
    )
    assert found() == [
        ("Refunds take 30 days.", [REFUNDS]),
        ("Cards are not refunded.", [CARDS]),
    ]


def test_a_draft_is_a_step_with_the_context_of_the_turn(trace, found):
    top = trace.add("ask", {OPERATION: "invoke_workflow"})
    trace.retrieval(Q, REFUNDS, CARDS, parent=top)
    trace.chat(f"{REFUNDS}\n{CARDS}\n{Q}", "Refunds take a week or so, I think.", parent=top)
    trace.chat("Improve: Refunds take a week or so, I think.", A, parent=top)
    [(said, texts)] = found()
    assert (said, texts) == ("Refunds take a week or so, I think.", [REFUNDS, CARDS])


def test_the_result_of_a_tool_before_a_step_is_its_context_and_a_later_one_is_not(trace, found):
    top = agent(trace, "desk")
    trace.chat([("user", Q)], None, parent=top)
    asked = [("user", Q), ("tool", REFUNDS)]
    trace.chat(asked, "Refunds take 14 days. Now the cards.", parent=top)
    said = [*asked, ("assistant", "Refunds take 14 days. Now the cards."), ("tool", CARDS)]
    trace.chat(said, A, parent=top)
    assert found() == [("Refunds take 14 days. Now the cards.", [REFUNDS])]


def test_a_turn_of_one_call_has_no_steps(trace, found):
    trace.retrieval(Q, REFUNDS)
    trace.chat(Q, A)
    assert found() == []


def test_a_query_that_a_step_wrote_is_no_statement(trace, found):
    top = trace.add("ask", {OPERATION: "invoke_workflow"})
    trace.chat(f"Rewrite: {Q}", "refund duration", parent=top)
    trace.retrieval("refund duration", REFUNDS, parent=top)
    trace.chat(f"{REFUNDS}\n{Q}", A, parent=top)
    assert found() == []


def test_a_call_that_two_instrumentations_trace_is_one_step(trace, found):
    top = trace.add("ask", {OPERATION: "invoke_workflow"})
    trace.retrieval(Q, REFUNDS, parent=top)
    draft = "Refunds take a week or so, I think."
    outer = trace.chat(f"{REFUNDS}\n{Q}", draft, parent=top, scope="framework")
    trace.chat(f"{REFUNDS}\n{Q}", draft, parent=outer, scope="client")
    trace.chat(f"Improve: {draft}", A, parent=top)
    assert [said for said, _ in found()] == [draft]


def test_what_a_guardrail_says_is_no_step(trace, found):
    top = trace.add("ask", {OPERATION: "invoke_workflow"})
    guard = trace.add("guard", {"openinference.span.kind": "GUARDRAIL"}, parent=top)
    trace.chat(f"Safe? {Q}", "yes, that is quite safe", parent=guard)
    trace.retrieval(Q, REFUNDS, parent=top)
    trace.chat(f"{REFUNDS}\n{Q}", A, parent=top)
    assert found() == []
