"""Several answers in one trace, answers that are none, and answers traced more than once."""

import json

from groundwire_collector.assembly.turns import assemble
from groundwire_evaluators.turn import Route

PHONE = "The phone costs 200 euros in the shop."
TABLET = "The tablet costs 300 euros in the shop."


def chain(trace, name, question=None, answer=None, **fields):
    attributes = {"openinference.span.kind": "CHAIN"}
    attributes |= {"input.value": question} if question else {}
    attributes |= {"output.value": answer} if answer else {}
    return trace.add(name, attributes, **fields)


def test_a_batch_under_one_request_is_one_turn_for_each_answer(trace):
    request = trace.add("POST /batch")
    for question, text in (("What is the phone?", PHONE), ("What is the tablet?", TABLET)):
        trace.retrieval(question, text, parent=request)
        trace.chat(f"Context: {text} Question: {question}", f"It says: {text}", parent=request)
    first, second = assemble(trace.spans)
    assert [c.text for c in first.chunks] == [PHONE]
    assert [c.text for c in second.chunks] == [TABLET]
    assert first.question == "What is the phone?"
    assert second.answer == f"It says: {TABLET}"
    assert first.id != second.id


def test_answers_of_a_batch_that_ran_in_parallel_keep_their_own_retrievals(trace):
    request = trace.add("POST /batch")
    trace.retrieval("What is the tablet?", TABLET, parent=request)
    trace.retrieval("What is the phone?", PHONE, parent=request)
    trace.chat(f"{PHONE} What is the phone?", "200 euros, the phone.", parent=request)
    trace.chat(f"{TABLET} What is the tablet?", "300 euros, the tablet.", parent=request)
    first, second = assemble(trace.spans)
    assert ([c.text for c in first.chunks], [c.text for c in second.chunks]) == ([PHONE], [TABLET])


def test_a_batch_that_returns_all_its_answers_is_no_answer_itself(trace):
    batch = chain(trace, "batch", '["a?", "b?"]', json.dumps([PHONE, TABLET]))
    for question, text in (("a?", PHONE), ("b?", TABLET)):
        inner = chain(trace, "ask", question, text, parent=batch)
        trace.chat(question, text, parent=inner)
    assert [(t.question, t.answer) for t in assemble(trace.spans)] == [
        ("a?", PHONE),
        ("b?", TABLET),
    ]


def test_a_rewritten_question_is_a_step_and_no_turn(trace):
    request = trace.add("POST /ask")
    trace.chat("Rewrite: and the tablet?", "What does the tablet cost?", parent=request)
    trace.retrieval("What does the tablet cost?", TABLET, parent=request)
    trace.chat(f"{TABLET} What does the tablet cost?", "300 euros.", parent=request)
    (turn,) = assemble(trace.spans)
    assert turn.answer == "300 euros."
    assert [c.text for c in turn.chunks] == [TABLET]


def test_a_draft_that_a_later_prompt_holds_is_a_step(trace):
    request = trace.add("POST /ask")
    trace.chat("Draft an answer about the phone.", "A draft about a phone.", parent=request)
    trace.chat("Improve this: A draft about a phone.", "The final word.", parent=request)
    assert [t.answer for t in assemble(trace.spans)] == ["The final word."]


def test_a_conversation_in_one_trace_is_one_turn_for_each_reply(trace):
    session = trace.add("session", {"session.id": "s-1"})
    trace.chat("What does the phone cost?", "It costs 200 euros.", parent=session)
    history = [
        ("user", "What does the phone cost?"),
        ("assistant", "It costs 200 euros."),
        ("user", "And the tablet?"),
    ]
    trace.chat(history, "That one costs 300 euros.", parent=session)
    first, second = assemble(trace.spans)
    assert (first.question, second.question) == ("What does the phone cost?", "And the tablet?")
    assert {first.session_id, second.session_id} == {"s-1"}


def test_calls_of_an_agent_that_ask_for_tools_are_no_answers(trace):
    agent = trace.add("invoke_agent", {"gen_ai.operation.name": "invoke_agent"}, parent="f" * 16)
    trace.chat("What does the phone cost?", None, parent=agent)
    result = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": PHONE}
    trace.add("execute_tool prices", result, parent=agent)
    history = [("user", "What does the phone cost?"), ("tool", PHONE)]
    trace.chat(history, "It costs 200 euros.", parent=agent)
    (turn,) = assemble(trace.spans)
    assert turn.route == Route.TOOL
    assert [c.text for c in turn.chunks] == [PHONE]
    assert turn.context_source == "tool_result"
    assert turn.question == "What does the phone cost?"


def test_tokens_of_every_call_of_an_agent_are_counted_each_once(trace):
    agent = trace.add(
        "invoke_agent",
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.usage.input_tokens": 30,
            "gen_ai.aggregated_usage.input_tokens": 30,
        },
    )
    first = {"gen_ai.usage.input_tokens": 10, "gen_ai.response.id": "r-1"}
    trace.chat("q", None, parent=agent, attributes=first)
    outer = trace.chat(
        "q, and the tool said so",
        "done it",
        parent=agent,
        attributes={
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.response.id": "r-2",
        },
    )
    trace.chat(
        "q, and the tool said so",
        "done it",
        parent=outer,
        attributes={
            "gen_ai.usage.input_tokens": 20,
            "gen_ai.response.id": "r-2",
        },
    )
    (turn,) = assemble(trace.spans)
    assert turn.input_tokens == 30


def test_one_call_traced_by_two_instrumentations_side_by_side_is_counted_once(trace):
    request = trace.add("POST /ask")
    usage = {"gen_ai.usage.output_tokens": 7, "gen_ai.response.id": "r-1"}
    times = {"start_ns": 5_000_000_000, "end_ns": 7_000_000_000, "parent": request}
    trace.chat("q", "the same answer", attributes=usage, scope="a", **times)
    trace.chat("q", "the same answer", attributes=usage, scope="b", **times)
    (turn,) = assemble(trace.spans)
    assert turn.output_tokens == 7


def test_a_call_nested_three_times_is_one_turn(trace):
    outer = trace.chat("q", "a sentence as an answer", scope="llama_index")
    middle = trace.chat("q", "a sentence as an answer", parent=outer)
    trace.chat("q", "a sentence as an answer", parent=middle)
    assert len(assemble(trace.spans)) == 1


def test_what_a_chain_made_of_an_answer_is_the_answer(trace):
    root = chain(trace, "ask", "q?", json.dumps({"reasoning": "hm", "answer": "Parsed."}))
    trace.chat("q?", "[[ ## answer ## ]] Parsed.", parent=root)
    (turn,) = assemble(trace.spans)
    assert turn.answer == "Parsed."


def test_the_output_of_an_evaluator_is_no_answer(trace):
    request = trace.add("POST /ask")
    trace.chat("q", "The answer to the user.", parent=request)
    judge = trace.add("judge", {"openinference.span.kind": "EVALUATOR"}, parent=request)
    trace.chat("Is this true: The answer to the user.", "It is true.", parent=judge)
    assert [turn.answer for turn in assemble(trace.spans)] == ["The answer to the user."]


def test_indexing_a_lone_retrieval_and_a_failed_call_are_no_turns(trace):
    indexing = chain(trace, "index", "handbook.pdf", "indexed 12 chunks")
    trace.add("embed", {"openinference.span.kind": "EMBEDDING"}, parent=indexing)
    assert assemble(trace.spans) == []
    lone = type(trace)()
    root = chain(lone, "search", "q?", TABLET)
    lone.retrieval("q?", TABLET, parent=root)
    assert assemble(lone.spans) == []
    failed = type(trace)()
    failed.chat("q?", "half an ans", status=2)
    assert assemble(failed.spans) == []


def test_a_root_that_answers_through_an_untraced_model_is_a_turn(trace):
    root = chain(trace, "ask", "What does the tablet cost?", "300 euros, says the list.")
    trace.retrieval("What does the tablet cost?", TABLET, parent=root)
    (turn,) = assemble(trace.spans)
    assert (turn.answer, len(turn.chunks)) == ("300 euros, says the list.", 1)


def test_content_that_was_not_captured_is_a_turn_that_says_so(trace):
    trace.add("chat acme", {"gen_ai.operation.name": "chat", "gen_ai.usage.output_tokens": 9})
    (turn,) = assemble(trace.spans)
    assert turn.answer is None
    assert "withholds" in turn.not_evaluable_reason
    assert turn.output_tokens == 9


def test_a_parent_that_never_came_leaves_its_children_one_turn(trace):
    trace.retrieval("What is the phone?", PHONE, parent="e" * 16)
    trace.chat("What is the phone?", "A phone of 200 euros.", parent="e" * 16)
    (turn,) = assemble(trace.spans)
    assert len(turn.chunks) == 1


def test_spans_that_are_each_others_parents_do_no_harm(trace):
    a = trace.chat("q", "an answer in a loop", parent="0" * 15 + "2")
    trace.add("b", parent=a)
    assert [turn.answer for turn in assemble(trace.spans)] == ["an answer in a loop"]


def test_a_marked_turn_is_a_turn_and_keeps_the_id_it_had_before_it_ended(trace):
    marks = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.input.messages": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": "What is the phone?"}]}]
        ),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": PHONE}]}]
        ),
        "groundwire.answer_complete": True,
        "groundwire.model_version": "ft-2",
        "groundwire.index_version": "i-7",
        "gen_ai.prompt.version": "v3",
        "groundwire.probe": True,
    }
    root = trace.add("ask", marks, scope="groundwire")
    trace.retrieval("What is the phone?", PHONE, parent=root, scope="groundwire")
    trace.chat("What is the phone?", PHONE, parent=root, scope="groundwire")
    (turn,) = assemble(trace.spans)
    assert turn.id == f"{root.trace_id}-{root.span_id}"
    assert (turn.model_version, turn.index_version, turn.prompt_version) == ("ft-2", "i-7", "v3")
    assert turn.probe
    assert not turn.closed_book
    (early,) = assemble(trace.spans[1:])
    assert early.id == turn.id


def test_a_turn_keeps_the_id_it_is_known_by(trace):
    root = chain(trace, "ask", "q?", "A full answer.")
    call = trace.chat("q?", "A full answer.", parent=root)
    (turn,) = assemble(trace.spans)
    assert turn.span_id == call.span_id
    known = f"{root.trace_id}-{root.span_id}"
    (again,) = assemble(trace.spans, known={known})
    assert again.id == known


def test_the_provider_before_a_models_name_is_dropped_where_a_gateway_puts_it(trace):
    named = {"gen_ai.request.model": "openai/acme-chat"}
    scope = "openinference.instrumentation.litellm"
    trace.chat("q?", "An answer to it.", attributes=named, scope=scope)
    (turn,) = assemble(trace.spans)
    assert turn.model == "acme-chat"
    other = type(trace)()
    other.chat("q?", "An answer to it.", attributes={"gen_ai.request.model": "org/model"})
    (turn,) = assemble(other.spans)
    assert turn.model == "org/model"
