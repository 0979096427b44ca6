"""The ladder that finds the chunks of a turn, and the rung that is recorded."""

import json

import pytest

from groundwire_collector.assembly.turns import assemble
from groundwire_collector.storage.span import SpanEvent
from groundwire_evaluators.turn import Route

TEXTS = ("Refunds within 30 days.", "Gift cards are final.")
ANSWER = "You have 30 days for it."
RETRIEVAL = {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "How long?"}


def only(trace):
    (turn,) = assemble(trace.spans)
    return turn


def texts(turn):
    return [chunk.text for chunk in turn.chunks]


def test_an_empty_retrieval_is_zero_chunks_and_evaluable(trace):
    trace.retrieval("How long?")
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert turn.chunks == ()
    assert turn.route == Route.RETRIEVAL
    assert turn.context_source == "documents"
    assert turn.not_evaluable_reason is None


def test_documents_may_come_as_structured_values(trace):
    trace.add("r", RETRIEVAL | {"gen_ai.retrieval.documents": [{"id": "a", "content": TEXTS[0]}]})
    trace.chat("How long?", ANSWER)
    assert texts(only(trace)) == [TEXTS[0]]


def test_all_retrievals_of_a_turn_give_chunks_and_equal_ones_count_once(trace):
    trace.retrieval("How long?", TEXTS[0])
    trace.retrieval("How long, again?", *TEXTS)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == list(TEXTS)
    assert [chunk.rank for chunk in turn.chunks] == [0, 1]


def test_a_retrieval_nested_in_another_counts_once(trace):
    outer = trace.retrieval("How long?", *TEXTS)
    trace.add("_retrieve", RETRIEVAL, parent=outer)
    inner = trace.retrieval("How long?", *TEXTS, parent=outer)
    trace.add("store.query", RETRIEVAL, parent=inner)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == list(TEXTS)
    assert turn.context_source == "documents"
    assert turn.not_evaluable_reason is None


def test_what_a_reranker_left_is_what_the_model_saw(trace):
    trace.retrieval("How long?", *TEXTS)
    trace.add(
        "rerank",
        {
            "openinference.span.kind": "RERANKER",
            "reranker.query": "How long?",
            "reranker.input_documents.0.document.content": TEXTS[0],
            "reranker.input_documents.1.document.content": TEXTS[1],
            "reranker.output_documents.0.document.content": TEXTS[1],
            "reranker.output_documents.0.document.score": 0.9,
        },
    )
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == [TEXTS[1]]
    assert turn.chunks[0].score == 0.9


def test_events_of_a_vector_store_give_chunks_in_their_order(trace):
    events = [
        SpanEvent(
            name="db.query.result",
            time_ns=i,
            attributes={
                "db.query.result.id": f"v{i}",
                "db.query.result.distance": 0.1 * i,
                "db.query.result.document": text,
                "db.query.result.metadata": '{"source": "faq"}',
            },
        )
        for i, text in enumerate(TEXTS)
    ]
    scope = "opentelemetry.instrumentation.chromadb"
    trace.add("chroma.query", {"db.operation": "query"}, scope=scope, events=events)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == list(TEXTS)
    assert [(c.id, c.score) for c in turn.chunks] == [("v0", 0.0), ("v1", 0.1)]
    assert turn.chunks[0].metadata == {"source": "faq"}
    assert turn.context_source == "span_events"


@pytest.mark.parametrize(
    "output",
    [
        [{"page_content": t, "metadata": {}} for t in TEXTS],
        {"documents": [{"kwargs": {"page_content": t}, "lc": 1} for t in TEXTS]},
        {"matches": [{"id": "1", "score": 0.5, "metadata": {"text": t}} for t in TEXTS]},
        {"ids": [["a", "b"]], "documents": [list(TEXTS)], "distances": [[0.1, 0.2]]},
        {"hits": {"hits": [{"_id": "1", "_score": 2.5, "_source": {"body": t}} for t in TEXTS]}},
        [[{"node": {"id_": "n", "text": t}, "score": 0.3} for t in TEXTS]],
        [[{"content": t}, 0.8] for t in TEXTS],
        {"points": [{"id": 7, "score": 0.2, "payload": {"content": t}} for t in TEXTS]},
        list(TEXTS),
    ],
)
def test_the_output_of_a_retriever_is_read_in_its_own_shape(trace, output):
    attributes = {
        "langfuse.observation.type": "retriever",
        "langfuse.observation.output": json.dumps(output),
    }
    trace.add("retriever", attributes)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == list(TEXTS)
    assert turn.context_source == "retriever_output"


def test_a_plain_function_that_returned_documents_is_a_retrieval(trace):
    output = json.dumps([{"id": str(i), "text": text} for i, text in enumerate(TEXTS)])
    kind = {"traceloop.span.kind": "task", "traceloop.entity.output": output}
    trace.add("find_passages", kind)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == list(TEXTS)
    assert turn.context_source == "function_output"
    assert turn.route == Route.RETRIEVAL


def test_a_function_that_returned_anything_else_is_none(trace):
    kind = {"traceloop.span.kind": "task", "traceloop.entity.output": '["de", "en"]'}
    trace.add("languages", kind)
    trace.chat("How long?", ANSWER)
    turn = only(trace)
    assert turn.chunks == ()
    assert turn.route == Route.PARAMETRIC


def without_text(trace):
    documents = json.dumps([{"id": "a", "score": 0.9}, {"id": "b", "score": 0.5}])
    trace.add("r", RETRIEVAL | {"gen_ai.retrieval.documents": documents})


def test_text_missing_from_documents_is_taken_from_the_context_variable(trace):
    without_text(trace)
    variables = {"gen_ai.prompt.variable.context": "\n\n".join(TEXTS)}
    trace.chat("How long?", ANSWER, attributes=variables)
    turn = only(trace)
    assert [(c.id, c.score, c.text) for c in turn.chunks] == [
        ("a", 0.9, TEXTS[0]),
        ("b", 0.5, TEXTS[1]),
    ]
    assert turn.context_source == "prompt_variable"


def test_a_context_that_does_not_fall_into_the_documents_stays_whole(trace):
    without_text(trace)
    variables = {"gen_ai.prompt.variable.context": "One text without any break."}
    trace.chat("How long?", ANSWER, attributes=variables)
    turn = only(trace)
    assert [(c.id, c.text) for c in turn.chunks] == [(None, "One text without any break.")]


def test_the_last_rung_is_the_prompt_without_the_question(trace):
    without_text(trace)
    trace.chat(f"Use this: {TEXTS[0]} How long?", ANSWER)
    turn = only(trace)
    assert texts(turn) == [f"Use this: {TEXTS[0]}"]
    assert turn.context_source == "prompt"
    assert turn.question == "How long?"


def test_documents_without_text_and_a_prompt_that_was_not_sent_cannot_be_judged(trace):
    root = trace.add(
        "ask",
        {"openinference.span.kind": "CHAIN", "output.value": ANSWER, "input.value": "How long?"},
    )
    without_text(trace)
    trace.add("chat", {"gen_ai.operation.name": "chat"}, parent=root)
    turn = only(trace)
    assert turn.not_evaluable_reason == "the text of the retrieved chunks was not sent"
    assert [chunk.id for chunk in turn.chunks] == ["a", "b"]


def test_an_opaque_prompt_is_the_question_of_a_turn_without_retrieval(trace):
    trace.chat("Context: Refunds within 30 days. Question: How long?", ANSWER)
    turn = only(trace)
    assert turn.question == "Context: Refunds within 30 days. Question: How long?"
    assert turn.chunks == ()
    assert turn.route == Route.PARAMETRIC
    assert turn.context_source is None


def test_rows_of_a_query_are_chunks_that_keep_the_query(trace):
    rows = [{"product": "phone", "price": 200}, {"product": "tablet", "price": 300}]
    retrieval = trace.add(
        "sql",
        {
            "langfuse.observation.type": "retriever",
            "langfuse.observation.output": json.dumps(rows),
        },
    )
    trace.add("SELECT", {"db.query.text": "SELECT * FROM prices"}, parent=retrieval)
    trace.chat("What does the phone cost?", "It costs 200 euros.")
    turn = only(trace)
    assert [json.loads(chunk.text) for chunk in turn.chunks] == rows
    assert {c.metadata["db.query.text"] for c in turn.chunks} == {"SELECT * FROM prices"}


def test_the_result_of_a_tool_that_asked_a_database_is_its_rows(trace):
    tool = trace.add(
        "execute_tool",
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.result": '[{"product": "phone", "price": 200}]',
        },
    )
    trace.add("SELECT", {"db.statement": "SELECT price FROM prices"}, parent=tool)
    trace.chat([("user", "How much?"), ("tool", "200")], "It costs 200 euros.")
    turn = only(trace)
    assert turn.route == Route.TOOL
    assert json.loads(turn.chunks[0].text) == {"product": "phone", "price": 200}
    assert turn.chunks[0].metadata["db.query.text"] == "SELECT price FROM prices"


def test_messages_in_old_events_give_prompt_and_answer(trace):
    def reported(name, time, body):
        return SpanEvent(name=name, time_ns=time, body=body)

    trace.add(
        "chat",
        {"gen_ai.operation.name": "chat"},
        events=[
            reported("gen_ai.choice", 9, {"index": 0, "message": {"content": ANSWER}}),
            reported("gen_ai.user.message", 2, {"content": "How long?"}),
            reported("gen_ai.system.message", 1, {"content": "Be brief."}),
        ],
    )
    turn = only(trace)
    assert (turn.question, turn.answer) == ("How long?", ANSWER)


def test_numbered_message_attributes_give_prompt_and_answer(trace):
    trace.add(
        "openai.chat",
        {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "How long?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": ANSWER,
            "gen_ai.usage.prompt_tokens": 5,
        },
    )
    turn = only(trace)
    assert (turn.question, turn.answer, turn.input_tokens) == ("How long?", ANSWER, 5)


def test_what_the_model_thought_to_itself_is_not_its_answer(trace):
    parts = [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": ANSWER}]
    messages = json.dumps([{"role": "assistant", "parts": parts}])
    trace.add("chat", {"gen_ai.operation.name": "chat", "gen_ai.output.messages": messages})
    assert only(trace).answer == ANSWER


def test_a_model_servers_span_gives_latency_and_no_tokens(trace):
    call = trace.chat("q", ANSWER, attributes={"gen_ai.usage.input_tokens": 5})
    trace.add(
        "llm_request",
        {
            "gen_ai.usage.prompt_tokens": 5,
            "gen_ai.latency.time_to_first_token": 0.25,
            "gen_ai.latency.e2e": 1.5,
        },
        parent=call,
        service="vllm",
    )
    turn = only(trace)
    assert (turn.input_tokens, turn.first_token_seconds) == (5, 0.25)
    assert turn.service == "bot"


def test_a_placeholder_of_a_span_still_running_is_dropped(trace):
    pending = trace.add("ask", {"logfire.span_type": "pending_span"}, end_ns=0)
    trace.chat("q?", ANSWER, parent=pending)
    assert only(trace).answer == ANSWER


def test_what_the_call_says_it_was_given_wins_over_what_was_retrieved(trace):
    trace.retrieval("How long?", *TEXTS)
    provided = {"gen_ai.retrieval.documents": json.dumps([{"content": TEXTS[1]}])}
    trace.chat("How long?", ANSWER, attributes=provided)
    turn = only(trace)
    assert [(chunk.text, chunk.id) for chunk in turn.chunks] == [(TEXTS[1], "d1")]


def test_of_nested_retrievals_the_outermost_with_chunks_counts(trace):
    outer = trace.retrieval("How long?", *TEXTS)
    inner = {"openinference.span.kind": "RETRIEVER", "output.value": '["<Node 1>", "<Node 2>"]'}
    trace.add("_retrieve", inner, parent=outer)
    trace.chat("How long?", ANSWER)
    assert texts(only(trace)) == list(TEXTS)


def test_the_context_that_a_step_was_given_is_the_context_where_no_retrieval_is_traced(trace):
    provided = json.dumps({"context": TEXTS[0], "question": "How long?"})
    step = trace.add(
        "Predict.forward", {"openinference.span.kind": "CHAIN", "input.value": provided}
    )
    trace.chat("a prompt", ANSWER, parent=step)
    turn = only(trace)
    assert texts(turn) == [TEXTS[0]]
    assert (turn.question, turn.route) == ("How long?", Route.RETRIEVAL)
    assert turn.context_source == "prompt_variable"


def test_the_question_of_a_pipeline_is_found_among_the_inputs_of_its_components(trace):
    data = {"data": {"embedder": {"weights": [1]}, "prompt": {"question": "How long?"}}}
    kind = {"openinference.span.kind": "CHAIN", "input.value": json.dumps(data)}
    root = trace.add("Pipeline.run", kind)
    trace.chat("a prompt", ANSWER, parent=root)
    assert only(trace).question == "How long?"


def test_the_messages_of_tools_are_context_where_no_span_has_their_results(trace):
    record = '{"order": "A-17", "status": "shipped"}'
    root = trace.add("agent", {"openinference.span.kind": "AGENT", "input.value": "Where is A-17?"})
    trace.chat([("user", "Where is A-17?"), ("tool", record)], "A-17 is shipped.", parent=root)
    turn = only(trace)
    assert (turn.route, turn.context_source) == (Route.TOOL, "tool_result")
    assert [json.loads(text) for text in texts(turn)] == [json.loads(record)]


def test_results_in_a_message_of_the_user_are_context_and_no_question(trace):
    part = {"type": "tool_result", "content": "A-17: shipped"}
    prompt = [
        {"role": "user", "content": "Where is A-17?"},
        {"role": "user", "content": [part]},
    ]
    attributes = {"gen_ai.input.messages": json.dumps(prompt)}
    trace.chat("", "A-17 is shipped.", attributes=attributes)
    turn = only(trace)
    assert (turn.question, texts(turn)) == ("Where is A-17?", ["A-17: shipped"])


def test_a_prompt_that_is_only_the_question_is_no_context(trace):
    question = "bot: where is order A-17? #now"
    root = trace.add("ask", {"openinference.span.kind": "CHAIN", "input.value": question})
    trace.add(
        "look up",
        {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "A-17"},
        parent=root,
    )
    trace.chat(question, "It is shipped.", parent=root)
    turn = only(trace)
    assert turn.chunks == ()
    assert "not sent" in turn.not_evaluable_reason


def test_what_a_retrieval_returned_and_could_not_be_read_is_stated(trace):
    attributes = {"gen_ai.operation.name": "retrieval", "groundwire.unreadable": "Cursor"}
    trace.add("look up", attributes)
    trace.chat("Where is A-17?", "It is shipped.")
    assert "(Cursor) could not be read" in only(trace).not_evaluable_reason


def test_a_generic_part_is_a_part_of_the_prompt(trace):
    part = {"type": "generic", "generic_type": "search_result", "content": TEXTS[0]}
    prompt = [{"role": "user", "parts": [part, {"type": "text", "content": "How long?"}]}]
    without_text(trace)
    trace.chat("", ANSWER, attributes={"gen_ai.input.messages": json.dumps(prompt)})
    assert TEXTS[0] in texts(only(trace))[0]
