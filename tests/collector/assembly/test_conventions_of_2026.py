"""Names that OpenTelemetry's GenAI conventions got in 2026."""

import base64
import json

import pytest

from groundwire_collector.assembly.received_scores import judgements_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble, assemble_requests
from groundwire_collector.storage.span import SpanEvent
from groundwire_evaluators.turn import Route

Q, A, TEXT = "How long do refunds take?", "Refunds take 14 days.", "Refunds are paid in 14 days."
OPERATION = "gen_ai.operation.name"


def with_parts(trace, *parts):
    prompt = [{"role": "user", "parts": [*parts, {"type": "text", "content": Q}]}]
    trace.chat("", A, attributes={"gen_ai.input.messages": json.dumps(prompt)})


PARTS = {
    "generic": {"type": "generic", "generic_type": "search_result", "content": TEXT},
    "modality": {"type": "text", "modality": "document", "content": TEXT},
    "blob": {
        "type": "blob",
        "modality": "document",
        "mime_type": "text/plain",
        "content": base64.b64encode(TEXT.encode()).decode(),
    },
    "document of Anthropic": {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": TEXT},
    },
    "search result of Anthropic": {
        "type": "search_result",
        "source": "https://example.com/refunds",
        "content": [{"type": "text", "text": TEXT}],
    },
}


@pytest.mark.parametrize("name", PARTS)
def test_documents_among_the_parts_of_a_message_are_context(trace, name):
    with_parts(trace, PARTS[name])
    [turn] = assemble(trace.spans)
    assert (turn.question, [chunk.text for chunk in turn.chunks]) == (Q, [TEXT])
    assert turn.route is Route.RETRIEVAL


def test_a_document_that_is_no_text_is_no_chunk(trace):
    blob = {
        "type": "blob",
        "modality": "document",
        "mime_type": "application/pdf",
        "content": "JVBE",
    }
    with_parts(trace, blob)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.chunks) == (Q, ())


def test_content_that_is_stored_apart_is_told_with_its_address(trace):
    address = "s3://bucket/turn-1-output.jsonl"
    trace.add("chat", {OPERATION: "chat", "gen_ai.output.messages_ref": address})
    [turn] = assemble(trace.spans)
    assert address in turn.not_evaluable_reason


@pytest.mark.parametrize(
    "key", ["gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens"]
)
def test_tokens_written_to_a_cache_are_counted(trace, key):
    trace.chat(Q, A, attributes={key: 40})
    assert assemble(trace.spans)[0].cache_write_tokens == 40


def nested_run(trace, operation: str):
    root = trace.add("turn", {OPERATION: "handle_conversation_turn"})
    trace.chat("Plan it.", "I will ask the refunds agent.", parent=root)
    run = trace.add("sub", {OPERATION: operation, "gen_ai.invocation.is_nested": True}, parent=root)
    trace.chat(Q, "Fourteen, says the handbook.", parent=run)
    trace.chat(Q, A, parent=root)


@pytest.mark.parametrize(
    "operation", ["invoke_workflow", "invoke_agent", "handle_conversation_turn"]
)
def test_the_answer_of_a_nested_run_is_a_step(trace, operation):
    nested_run(trace, operation)
    answers = [turn.answer for turn in assemble(trace.spans)]
    assert A in answers
    assert "Fourteen, says the handbook." not in answers


def received(trace):
    [request] = assemble_requests([Trace.of(trace.spans)])
    [scores] = judgements_of(request).values()
    return scores


PROVENANCE = {
    "judge-x@7": {"id": "judge-x", "version": "7", "type": "llm"},
    "judge-x": {"id": "judge-x"},
    "llm@7": {"type": "llm", "version": 7},
    "elsewhere@7": {"version": "7"},
    "elsewhere": {},
}


@pytest.mark.parametrize(
    "prefix", ["gen_ai.evaluator.", "gen_ai.evaluation.evaluator.", "evaluator."]
)
@pytest.mark.parametrize("revision", PROVENANCE)
def test_the_evaluator_of_a_received_score_is_its_revision(trace, prefix, revision):
    named = {f"{prefix}{name}": value for name, value in PROVENANCE[revision].items()}
    score = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    event = SpanEvent(name="gen_ai.evaluation.result", time_ns=1, attributes={**score, **named})
    trace.chat(Q, A, events=[event])
    assert [each.revision for each in received(trace)] == [revision]


@pytest.mark.parametrize("operation", ["evaluation", "evaluate"])
def test_a_span_of_an_evaluation_is_a_score_and_no_answer(trace, operation):
    root = trace.add("turn", {OPERATION: "invoke_workflow"})
    trace.chat(Q, A, parent=root)
    judge = trace.add(
        "evaluate tone",
        {
            OPERATION: operation,
            "gen_ai.evaluation.name": "tone",
            "gen_ai.evaluation.score.value": 0.5,
            "gen_ai.evaluator.id": "judge-x",
        },
        parent=root,
    )
    trace.chat(f"Is this polite? {A}", "Yes, it is polite.", parent=judge)
    assert [turn.answer for turn in assemble(trace.spans)] == [A]
    assert [(s.evaluator, s.value, s.revision) for s in received(trace)] == [
        ("tone", 0.5, "judge-x")
    ]


def test_a_tool_that_client_and_server_trace_is_context_once(trace):
    root = trace.add("turn", {OPERATION: "invoke_agent"})
    result = {"gen_ai.tool.call.result": TEXT}
    client = trace.add("execute_tool", {OPERATION: "execute_tool", **result}, parent=root)
    trace.add("tools/call refunds", {"mcp.method.name": "tools/call", **result}, parent=client)
    trace.chat(Q, A, parent=root)
    [turn] = assemble(trace.spans)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]
    assert turn.route is Route.TOOL


def test_tritons_spans_give_latency_beside_the_clients(trace):
    root = trace.add("ask", {OPERATION: "invoke_workflow"})
    call = trace.chat(Q, A, parent=root)
    first = SpanEvent(name="INFER_RESPONSE_COMPLETE", time_ns=3_250_000_000)
    trace.add("InferRequest", {"triton.model_name": "m"}, parent=call, events=[first])
    [turn] = assemble(trace.spans)
    assert (turn.answer, turn.first_token_seconds) == (A, 0.25)
