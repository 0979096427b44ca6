"""Odd shapes of spans: each is one turn an answer, with its right question, chunks and answer."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.assembly.unanswered import unanswered
from groundwire_collector.storage.span import Span, SpanEvent

Q, A = "How long do refunds take?", "Refunds take 14 days."
Q2, A2 = "Are gift cards refunded?", "Gift cards are not refunded."
TEXT, CARDS = "Refunds are paid within 14 days.", "Gift cards cannot be refunded."
OPERATION, KIND = "gen_ai.operation.name", "openinference.span.kind"
Turns = list[tuple[str | None, list[str], str | None]]
ONE: Turns = [(Q, [TEXT], A)]
BARE: Turns = [(Q, [], A)]
BOTH: Turns = [(Q, [TEXT, CARDS], A)]


def said(role: str, text: str) -> list[dict[str, Any]]:
    return [{"role": role, "parts": [{"type": "text", "content": text}]}]


def root(t: Any, name: str = "invoke_workflow", **more: Any) -> Any:
    return t.add("root", {OPERATION: name, **more})


def no_model_span(t: Any) -> None:
    top = t.add("ask", {KIND: "CHAIN", "input.value": Q, "output.value": A})
    t.retrieval(Q, TEXT, parent=top)


def unknown_operations_everywhere(t: Any) -> None:
    top = root(t, "run_dialogue_2031")
    t.retrieval(Q, TEXT, parent=root(t, "gather_2031") and top)
    t.chat(Q, A, parent=top, attributes={OPERATION: "converse_2031"})


def two_answers_side_by_side(t: Any) -> None:
    top = t.add("batch")
    for question, text, answer in ((Q, TEXT, A), (Q2, CARDS, A2)):
        each = t.add("ask", {KIND: "CHAIN", "input.value": question}, parent=top)
        t.retrieval(question, text, parent=each)
        t.chat(f"{text} {question}", answer, parent=each)


def parallel_retrievals(t: Any) -> None:
    top = root(t)
    for text in (TEXT, CARDS):
        t.retrieval(Q, text, parent=top, start_ns=2 * 10**9, end_ns=3 * 10**9)
    t.chat(Q, A, parent=top)


def handoff(t: Any) -> None:
    top = root(t)
    triage = t.add("invoke_agent triage", {OPERATION: "invoke_agent"}, parent=top)
    call = {"type": "tool_call", "name": "transfer_to_refunds", "arguments": "{}"}
    asks = json.dumps([{"role": "assistant", "parts": [call]}])
    t.chat(Q, None, parent=triage, attributes={"gen_ai.output.messages": asks})
    refunds = t.add("invoke_agent refunds", {OPERATION: "invoke_agent"}, parent=top)
    t.retrieval("refund days", TEXT, parent=refunds)
    t.chat(Q, A, parent=refunds)


def question_as_the_context(t: Any) -> None:
    top = root(t)
    t.add("search", {OPERATION: "retrieval", "gen_ai.retrieval.query.text": Q}, parent=top)
    t.chat(Q, A, parent=top)


def empty_retrieval(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, parent=top)
    t.chat(Q, A, parent=top)


def one_empty_and_one_full_retrieval(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, parent=top)
    t.retrieval(Q, TEXT, parent=top)
    t.chat(Q, A, parent=top)


def attributes_that_are_no_strings(t: Any) -> None:
    t.add(
        "ask",
        {
            OPERATION: "chat",
            "gen_ai.input.messages": said("user", Q),
            "gen_ai.output.messages": said("assistant", A),
            "gen_ai.retrieval.documents": [{"content": TEXT, "id": 7, "score": "0.5"}],
            "gen_ai.request.model": ["m"],
            "gen_ai.usage.input_tokens": "12",
            "session.id": 42,
        },
    )


def json_in_strings_in_json(t: Any) -> None:
    inner = json.dumps({"question": Q, "user": "u"})
    top = t.add(
        "ask",
        {
            KIND: "CHAIN",
            "input.value": json.dumps({"input": inner}),
            "output.value": json.dumps({"output": json.dumps({"answer": A})}),
        },
    )
    t.retrieval(Q, TEXT, parent=top)


def nested_wrappers(t: Any) -> None:
    parent = None
    for _ in range(6):
        parent = t.add("wrap", {KIND: "CHAIN", "input.value": Q, "output.value": A}, parent=parent)
    t.retrieval(Q, TEXT, parent=parent)
    t.chat(f"{TEXT} {Q}", A, parent=parent)


def wrappers_without_values(t: Any) -> None:
    parent = t.add("POST /ask", {"http.request.method": "POST"})
    for name in ("middleware", "handler", "service"):
        parent = t.add(name, parent=parent)
    t.retrieval(Q, TEXT, parent=parent)
    t.chat(Q, A, parent=parent)


def retrieval_in_a_wrapper_of_its_own(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, TEXT, parent=t.add("retry", parent=t.add("cached", parent=top)))
    t.chat(Q, A, parent=t.add("model", parent=top))


def everything_is_a_root(t: Any) -> None:
    t.retrieval(Q, TEXT)
    t.chat(Q, A)


def children_before_their_parents(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, TEXT, parent=top)
    t.chat(Q, A, parent=top)
    t.spans.reverse()


def a_retried_call(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, TEXT, parent=top)
    t.chat(Q, "Refu", parent=top, status=2)
    t.chat(Q, A, parent=top)


def rewrite_then_answer(t: Any) -> None:
    top = root(t, **{"gen_ai.input.messages": json.dumps(said("user", Q))})
    t.chat(f"Rewrite: {Q}", "refund duration days", parent=top)
    t.retrieval("refund duration days", TEXT, parent=top)
    t.chat(f"{TEXT}\n\n{Q}", A, parent=top)


def draft_and_revision(t: Any) -> None:
    top = root(t, **{"gen_ai.input.messages": json.dumps(said("user", Q))})
    t.retrieval(Q, TEXT, parent=top)
    t.chat(f"{TEXT} {Q}", "Refunds might take some days, I believe.", parent=top)
    t.chat("Improve: Refunds might take some days, I believe.", A, parent=top)


def guardrails_around(t: Any) -> None:
    top = root(t)
    t.chat(f"Safe? {Q}", "yes, safe", parent=t.add("guard", {KIND: "GUARDRAIL"}, parent=top))
    t.retrieval(Q, TEXT, parent=top)
    t.chat(Q, A, parent=top)
    t.chat(f"Safe? {A}", "yes, safe", parent=t.add("guard", {KIND: "GUARDRAIL"}, parent=top))


def a_title_made_afterwards(t: Any) -> None:
    top = t.add("ask", {KIND: "CHAIN", "input.value": Q, "output.value": A})
    t.retrieval(Q, TEXT, parent=top)
    t.chat(Q, A, parent=top)
    t.chat(f"Make a title: {Q} {A}", "Refund times", parent=top)


def a_reranker(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, CARDS, TEXT, parent=top)
    chosen = {"reranker.output_documents.0.document.content": TEXT, "reranker.query": Q}
    t.add("rerank", {KIND: "RERANKER", **chosen}, parent=top)
    t.chat(Q, A, parent=top)


def tool_result_as_json(t: Any) -> None:
    top = root(t, "invoke_agent", **{"gen_ai.input.messages": json.dumps(said("user", Q))})
    result = json.dumps({"content": [{"type": "text", "text": TEXT}]})
    t.add("tool", {OPERATION: "execute_tool", "gen_ai.tool.call.result": result}, parent=top)
    t.chat(Q, A, parent=top)


def tool_message_without_a_tool_span(t: Any) -> None:
    t.chat([("user", Q), ("tool", TEXT)], A)


def context_in_the_system_message(t: Any) -> None:
    t.chat([("system", f"Answer from this context:\n{TEXT}"), ("user", Q)], A)


def context_in_the_prompt(t: Any) -> None:
    t.chat(f"Context:\n{TEXT}\n\nQuestion: {Q}", A)


def context_in_an_agents_input(t: Any) -> None:
    prompt = f"<context>{TEXT}</context>\n\n{Q}"
    t.add("run", {KIND: "AGENT", "input.value": prompt, "output.value": A})


def context_beside_a_query_span(t: Any) -> None:
    top = root(t)
    t.add("SELECT", {"db.system": "postgresql", "db.statement": "SELECT 1"}, parent=top)
    t.chat(f"Documents:\n{TEXT}\n\nQuestion: {Q}", A, parent=top)


def history_in_the_prompt(t: Any) -> None:
    t.retrieval(Q, TEXT)
    t.chat([("user", "Hello!"), ("assistant", "Hello, how can I help?"), ("user", Q)], A)


def a_batch_of_one(t: Any) -> None:
    batch = json.dumps([[{"role": "user", "content": Q}]])
    top = t.add("chain", {KIND: "CHAIN", "input.value": batch, "output.value": json.dumps([A])})
    t.retrieval(Q, TEXT, parent=top)


def the_same_call_twice(t: Any) -> None:
    t.retrieval(Q, TEXT)
    t.chat(
        Q,
        A,
        scope="framework",
        attributes={"gen_ai.response.id": "r"},
        start_ns=5 * 10**9,
        end_ns=9 * 10**9,
    )
    t.chat(
        Q,
        A,
        scope="client",
        attributes={"gen_ai.response.id": "r"},
        start_ns=6 * 10**9,
        end_ns=8 * 10**9,
    )


def a_parent_that_never_came(t: Any) -> None:
    t.retrieval(Q, TEXT, parent="f" * 16)
    t.chat(Q, A, parent="f" * 16)


def answers_in_events(t: Any) -> None:
    t.retrieval(Q, TEXT)
    t.add(
        "chat",
        {OPERATION: "chat"},
        events=[
            t.event("gen_ai.user.message", {"content": Q}),
            t.event("gen_ai.choice", {"content": A, "index": 0}),
        ],
    )


def a_row_of_a_database_as_result(t: Any) -> None:
    top = root(t)
    found = json.dumps([[TEXT, "handbook"]])
    t.add("search", {KIND: "RETRIEVER", "input.value": Q, "output.value": found}, parent=top)
    t.chat(Q, A, parent=top)


def an_answer_from_a_cache(t: Any) -> None:
    top = t.add(
        "ask",
        {
            KIND: "CHAIN",
            "input.value": Q,
            "output.value": A,
            "metadata": json.dumps({"cache_hit": True}),
        },
    )
    t.add("GET", {"db.system": "redis"}, parent=top)


def a_stream_reported_in_pieces(t: Any) -> None:
    t.retrieval(Q, TEXT)
    call = t.chat(Q, A)
    t.spans.append(t.part(call))


def context_as_json_in_the_system_message(t: Any) -> None:
    found = json.dumps([{"id": 1, "text": TEXT}])
    t.chat([("system", f"Answer using only these documents: {found}"), ("user", Q)], A)


def documents_by_their_ids(t: Any) -> None:
    chain(t, {"doc-1": TEXT, "doc-2": CARDS})


def documents_under_names_of_the_service(t: Any) -> None:
    hit = {"_id": "7", "_score": 1.2, "_source": {"body": TEXT}}
    chain(t, {"status": 200, "payload": {"hits": {"hits": [hit]}}})


def documents_as_pythons_text_of_a_list(t: Any) -> None:
    chain(t, str([{"text": TEXT, "id": 1}]))


def one_list_of_documents_a_query(t: Any) -> None:
    chain(t, [[{"text": TEXT, "score": 0.9}, {"text": CARDS, "score": 0.2}]])


def documents_with_their_scores_in_pairs(t: Any) -> None:
    chain(t, [[{"page_content": TEXT, "metadata": {"page": 1}}, 0.9]])


def a_retrieval_that_returns_one_text(t: Any) -> None:
    chain(t, TEXT)


def a_retrieval_that_returns_one_record(t: Any) -> None:
    chain(t, {"customer": "Ada", "refund_days": 14})


def a_retrieval_that_returns_a_status_alone(t: Any) -> None:
    chain(t, {"status": "ok", "count": 3})


def kinds_in_lower_case(t: Any) -> None:
    top = t.add("rag", {KIND: "chain", "input.value": Q, "output.value": A})
    found = json.dumps([{"text": TEXT}])
    t.add("find", {KIND: "retriever", "input.value": Q, "output.value": found}, parent=top)


def names_in_camel_case(t: Any) -> None:
    asked, said = json.dumps({"userQuery": Q, "topK": 3}), json.dumps({"finalAnswer": A})
    top = t.add("rag", {KIND: "CHAIN", "input.value": asked, "output.value": said})
    t.retrieval(Q, TEXT, parent=top)


def names_that_say_nothing(t: Any) -> None:
    asked, said = json.dumps({"a": Q, "k": 3}), json.dumps({"b": A, "ms": 12.5, "ok": True})
    top = t.add("rag", {KIND: "CHAIN", "input.value": asked, "output.value": said})
    t.retrieval(Q, TEXT, parent=top)


def an_answer_that_is_a_number(t: Any) -> None:
    said = json.dumps({"answer": 14, "unit": "days"})
    top = t.add("rag", {KIND: "CHAIN", "input.value": Q, "output.value": said})
    t.retrieval(Q, TEXT, parent=top)


def an_answer_in_a_pair_with_its_sources(t: Any) -> None:
    said = json.dumps([A, [TEXT, CARDS]])
    t.add("rag", {KIND: "CHAIN", "input.value": json.dumps({"q": Q}), "output.value": said})


def an_answer_beside_its_sources(t: Any) -> None:
    said = json.dumps({"answer": A, "source_documents": [{"page_content": TEXT, "id": "a"}]})
    t.add("rag", {KIND: "CHAIN", "input.value": Q, "output.value": said})


def an_answer_beside_links(t: Any) -> None:
    said = json.dumps({"answer": A, "sources": ["handbook.pdf", "https://example.com/refunds"]})
    t.add("rag", {KIND: "CHAIN", "input.value": Q, "output.value": said})


def context_as_an_argument(t: Any) -> None:
    asked = json.dumps({"question": Q, "context": TEXT})
    t.add("rag", {KIND: "CHAIN", "input.value": asked, "output.value": A})


def messages_as_pairs(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, TEXT, parent=top)
    sent, said = [["system", "Be brief."], ["human", Q]], [["ai", A]]
    attributes = {"gen_ai.input.messages": json.dumps(sent)}
    t.add(
        "ask",
        {OPERATION: "chat", **attributes, "gen_ai.output.messages": json.dumps(said)},
        parent=top,
    )


def a_state_with_the_whole_conversation(t: Any) -> None:
    said = [
        {"type": "human", "content": Q},
        {"type": "tool", "name": "search", "content": TEXT},
        {"type": "ai", "content": A},
    ]
    asked = json.dumps({"messages": [["user", Q]]})
    output = json.dumps({"messages": said, "steps": 3})
    t.add("LangGraph", {KIND: "CHAIN", "input.value": asked, "output.value": output})


def items_of_the_responses_api(t: Any) -> None:
    top = root(t)
    t.retrieval(Q, TEXT, parent=top)
    asked = [{"role": "user", "content": [{"type": "input_text", "text": Q}]}]
    spoken = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": A}],
    }
    said = {"id": "r", "output": [{"type": "reasoning", "summary": []}, spoken]}
    values = {
        "input.value": json.dumps({"model": "m", "input": asked}),
        "output.value": json.dumps(said),
    }
    t.add("call", {KIND: "LLM", **values}, parent=top)


def messages_of_bedrock(t: Any) -> None:
    asks = {"role": "user", "content": [{"text": Q}]}
    calls = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "find"}}]}
    result = {"toolUseId": "1", "content": [{"text": TEXT}]}
    returns = {"role": "user", "content": [{"toolResult": result}]}
    says = {"role": "assistant", "content": [{"text": A}]}
    top = root(t, "invoke_agent")
    for sent, said in (([asks], calls), ([asks, calls, returns], says)):
        t.add(
            "chat",
            {
                OPERATION: "chat",
                "gen_ai.input.messages": json.dumps(sent),
                "gen_ai.output.messages": json.dumps([said]),
            },
            parent=top,
        )


def messages_that_are_json_strings_in_a_list(t: Any) -> None:
    t.retrieval(Q, TEXT)
    sent = [json.dumps({"role": "system", "content": "Be brief."}), json.dumps(said("user", Q)[0])]
    told = [json.dumps(said("assistant", A)[0])]
    t.add("ask", {OPERATION: "chat", "gen_ai.input.messages": sent, "gen_ai.output.messages": told})


def messages_with_names_of_their_own(t: Any) -> None:
    t.retrieval(Q, TEXT)
    sent = [{"from": "system", "value": "Be brief."}, {"from": "human", "value": Q}]
    told = [{"speaker": "bot", "text": A}]
    attributes = {"gen_ai.input.messages": json.dumps(sent)}
    t.add("ask", {OPERATION: "chat", **attributes, "gen_ai.output.messages": json.dumps(told)})


def a_request_for_a_tool_without_content(t: Any) -> None:
    """Content is not sent; that the first call asked for a tool is known by its end."""
    top = root(t)
    for end in ("tool_calls", "stop"):
        t.add(
            "chat",
            {OPERATION: "chat", "gen_ai.response.finish_reasons": [end]},
            parent=top,
        )


def roles_in_upper_case(t: Any) -> None:
    t.retrieval(Q, TEXT)
    sent = json.dumps([{"role": "USER", "content": Q}])
    told = json.dumps([{"role": "Assistant", "content": A}])
    t.add("ask", {OPERATION: "Chat", "gen_ai.input.messages": sent, "gen_ai.output.messages": told})


def documents_in_one_attribute(t: Any) -> None:
    top = t.add("rag", {KIND: "CHAIN", "input.value": Q, "output.value": A})
    found = json.dumps([{"document": {"content": TEXT}}])
    t.add("find", {KIND: "RETRIEVER", "input.value": Q, "retrieval.documents": found}, parent=top)


def a_prompt_that_is_json(t: Any) -> None:
    t.chat(json.dumps({"context": [TEXT], "question": Q}), A)


def a_prompt_that_ends_with_the_label_of_the_answer(t: Any) -> None:
    t.chat(f"Q: {Q}\nContext: {TEXT}\nA:", A)


def a_prompt_with_headings_in_capitals(t: Any) -> None:
    t.chat(f"QUESTION\n{Q}\n\nDOCUMENTS\n{TEXT}", A)


def chain(t: Any, found: Any) -> None:
    """A step with question and answer, and a retriever below it that returned `found`."""
    top = t.add("rag", {KIND: "CHAIN", "input.value": Q, "output.value": A})
    sent = found if isinstance(found, str) else json.dumps(found)
    t.add("find", {KIND: "RETRIEVER", "input.value": Q, "output.value": sent}, parent=top)


SHAPES: dict[Callable[[Any], None], Turns] = {
    no_model_span: ONE,
    unknown_operations_everywhere: ONE,
    two_answers_side_by_side: [(Q, [TEXT], A), (Q2, [CARDS], A2)],
    parallel_retrievals: BOTH,
    handoff: ONE,
    question_as_the_context: BARE,
    empty_retrieval: BARE,
    one_empty_and_one_full_retrieval: ONE,
    attributes_that_are_no_strings: ONE,
    json_in_strings_in_json: ONE,
    nested_wrappers: ONE,
    wrappers_without_values: ONE,
    retrieval_in_a_wrapper_of_its_own: ONE,
    everything_is_a_root: ONE,
    children_before_their_parents: ONE,
    a_retried_call: ONE,
    rewrite_then_answer: ONE,
    draft_and_revision: ONE,
    guardrails_around: ONE,
    a_title_made_afterwards: ONE,
    a_reranker: ONE,
    tool_result_as_json: ONE,
    tool_message_without_a_tool_span: ONE,
    context_in_the_system_message: ONE,
    context_in_the_prompt: ONE,
    context_in_an_agents_input: ONE,
    context_beside_a_query_span: ONE,
    history_in_the_prompt: ONE,
    a_batch_of_one: ONE,
    the_same_call_twice: ONE,
    a_parent_that_never_came: ONE,
    answers_in_events: ONE,
    a_row_of_a_database_as_result: [(Q, [json.dumps([TEXT, "handbook"])], A)],
    an_answer_from_a_cache: BARE,
    a_stream_reported_in_pieces: ONE,
    context_as_json_in_the_system_message: [(Q, [json.dumps([{"id": 1, "text": TEXT}])], A)],
    documents_by_their_ids: BOTH,
    documents_under_names_of_the_service: ONE,
    documents_as_pythons_text_of_a_list: ONE,
    one_list_of_documents_a_query: BOTH,
    documents_with_their_scores_in_pairs: ONE,
    a_retrieval_that_returns_one_text: ONE,
    a_retrieval_that_returns_one_record: [
        (Q, [json.dumps({"customer": "Ada", "refund_days": 14})], A)
    ],
    a_retrieval_that_returns_a_status_alone: BARE,
    kinds_in_lower_case: ONE,
    names_in_camel_case: ONE,
    names_that_say_nothing: ONE,
    an_answer_that_is_a_number: [(Q, [TEXT], "14")],
    an_answer_in_a_pair_with_its_sources: BOTH,
    an_answer_beside_its_sources: ONE,
    an_answer_beside_links: BARE,
    context_as_an_argument: ONE,
    messages_as_pairs: ONE,
    a_state_with_the_whole_conversation: ONE,
    items_of_the_responses_api: ONE,
    messages_of_bedrock: ONE,
    messages_that_are_json_strings_in_a_list: ONE,
    messages_with_names_of_their_own: ONE,
    roles_in_upper_case: ONE,
    documents_in_one_attribute: ONE,
    a_prompt_that_is_json: ONE,
    a_prompt_that_ends_with_the_label_of_the_answer: ONE,
    a_prompt_with_headings_in_capitals: ONE,
    a_request_for_a_tool_without_content: [(None, [], None)],
}


@pytest.fixture
def odd(trace):
    """A builder of spans that knows events and parts of spans too."""

    def event(name: str, attributes: dict[str, Any]) -> SpanEvent:
        return SpanEvent(name=name, time_ns=1, attributes=attributes)

    def part(span: Span) -> Span:
        half = {OPERATION: "chat", "gen_ai.usage.output_tokens": 3}
        return replace(span, end_ns=0, attributes=half)

    trace.event, trace.part = event, part
    return trace


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_each_shape_gives_its_turns(odd, shape):
    shape(odd)
    found = assemble(odd.spans)
    assert [(t.question, [c.text for c in t.chunks], t.answer) for t in found] == SHAPES[shape]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("lost", [0, 1, -1])
def test_what_is_left_of_a_shape_is_a_turn_or_has_a_reason(odd, shape, lost):
    """A span that never comes makes no trace silent."""
    shape(odd)
    spans = [span for at, span in enumerate(odd.spans) if at != lost % len(odd.spans)]
    if spans and not assemble(spans):
        assert unanswered(Trace.of(spans)).reason
