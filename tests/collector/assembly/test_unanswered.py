"""No trace is lost silently: it is a turn, or it is said why it is none."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.assembly.unanswered import NoTurnReason, unanswered

Q, A = "How long do refunds take?", "Refunds take 14 days."
TEXT = "Refunds are paid within 14 days."
Build = Callable[[Any], object]


def said(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


MESSAGES = {
    "gen_ai.input.messages": said("user", Q),
    "gen_ai.output.messages": said("assistant", A),
}
VALUES = {"input.value": Q, "output.value": A}


def conversation_turn(trace: Any, operation: str = "handle_conversation_turn") -> None:
    root = trace.add("turn", {"gen_ai.operation.name": operation, **MESSAGES})
    trace.chat(f"Rewrite: {Q}", "refund duration days", parent=root)
    trace.retrieval("refund days", TEXT, parent=root)
    trace.chat(f"{TEXT}\n\n{Q}", A, parent=root)


TURNS: dict[str, Build] = {
    "a root that is named by a newer convention": conversation_turn,
    "a root with an unknown operation": lambda t: conversation_turn(t, "run_dialogue_2031"),
    "an unknown operation with values": lambda t: t.chat(
        Q, A, parent=t.add("run", {"gen_ai.operation.name": "run_dialogue", **VALUES})
    ),
    "a lone unknown operation": lambda t: t.add("x", {"gen_ai.operation.name": "x", **MESSAGES}),
    "a lone span with messages": lambda t: t.add("x", MESSAGES),
    "a lone span with values": lambda t: t.add("x", VALUES),
    "a lone chain": lambda t: t.add("x", {"openinference.span.kind": "CHAIN", **VALUES}),
    "a lone agent": lambda t: t.add("x", {"openinference.span.kind": "AGENT", **VALUES}),
    "an unknown kind": lambda t: t.add("x", {"openinference.span.kind": "ROUTER", **VALUES}),
    "a lone workflow": lambda t: t.add(
        "x",
        {
            "traceloop.span.kind": "workflow",
            "traceloop.entity.input": json.dumps({"question": Q}),
            "traceloop.entity.output": json.dumps({"answer": A}),
        },
    ),
    "a chain below a web request": lambda t: t.add(
        "ask", VALUES, parent=t.add("POST /ask", {"http.request.method": "POST"})
    ),
    "a chain over a span of a cache": lambda t: t.add(
        "GET", {"db.system": "redis"}, parent=t.add("ask", VALUES)
    ),
    "an unknown model call": lambda t: t.add(
        "x", {"gen_ai.operation.name": "chat_v9", "gen_ai.request.model": "m", **MESSAGES}
    ),
    "an answer in the place of a failed call": lambda t: t.chat(
        Q, None, status=2, parent=t.add("ask", VALUES)
    ),
    "a retrieval below an unknown root": lambda t: t.retrieval(
        Q, TEXT, parent=t.add("x", {"gen_ai.operation.name": "x", **VALUES})
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_root_with_question_and_answer_is_one_turn(trace, name):
    TURNS[name](trace)
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)


CUT = said("user", Q)[:60]  # a length limit on attributes cuts messages in the middle


@pytest.mark.parametrize(
    "attributes",
    [
        {**MESSAGES, "gen_ai.operation.name": "invoke_workflow", "gen_ai.input.messages": CUT},
        {"openinference.span.kind": "CHAIN", "input.value": CUT, "output.value": A},
        {"gen_ai.operation.name": "invoke_workflow", **MESSAGES, "gen_ai.input.messages": "[{[{"},
    ],
)
def test_an_answer_to_a_question_that_was_cut_is_a_turn_without_question(trace, attributes):
    trace.add("ask", attributes)
    (turn,) = assemble(trace.spans)
    assert (turn.question, turn.answer) == (None, A)


ASKS = {
    "gen_ai.operation.name": "chat",
    "gen_ai.output.messages": json.dumps(
        [{"role": "assistant", "parts": [{"type": "tool_call", "name": "look_up"}]}]
    ),
}
RESULT = {"gen_ai.tool.call.result": TEXT}
ECHO = {"openinference.span.kind": "CHAIN", "input.value": Q, "output.value": Q}
SILENT: dict[str, tuple[NoTurnReason, str, Build]] = {
    "a call that failed": (
        NoTurnReason.CALL_FAILED, "otel_genai", lambda t: t.chat(Q, "half", status=2)
    ),
    "a call that asks for a tool": (
        NoTurnReason.ONLY_TOOL_CALLS, "otel_genai", lambda t: t.add("chat", ASKS)
    ),
    "a tool call and its tool": (
        NoTurnReason.ONLY_TOOL_CALLS,
        "otel_genai",
        lambda t: (
            t.add("chat", ASKS),
            t.add("tool", {"gen_ai.operation.name": "execute_tool", **RESULT}),
        ),
    ),
    "a lone retrieval": (NoTurnReason.NO_ANSWER, "otel_genai", lambda t: t.retrieval(Q, TEXT)),
    "a retriever of others": (
        NoTurnReason.NO_ANSWER,
        "openinference",
        lambda t: t.add("r", {"openinference.span.kind": "RETRIEVER", "input.value": Q}),
    ),
    "a reranker": (
        NoTurnReason.NO_ANSWER, "openinference",
        lambda t: t.add("r", {"openinference.span.kind": "RERANKER", "reranker.query": Q}),
    ),
    "an embedding": (
        NoTurnReason.NO_MODEL_CALL, "otel_genai",
        lambda t: t.add("e", {"gen_ai.operation.name": "embeddings"}),
    ),
    "a chain without an answer": (
        NoTurnReason.NO_MODEL_CALL, "openinference",
        lambda t: t.add("c", {"openinference.span.kind": "CHAIN", "input.value": Q}),
    ),
    "a lone tool": (
        NoTurnReason.NO_MODEL_CALL, "openinference",
        lambda t: t.add("t", {"openinference.span.kind": "TOOL", **VALUES}),
    ),
    "a guardrail": (
        NoTurnReason.NO_MODEL_CALL, "openinference",
        lambda t: t.add("g", {"openinference.span.kind": "GUARDRAIL", **VALUES}),
    ),
    "names of its own": (
        NoTurnReason.UNKNOWN_ATTRIBUTES, "none",
        lambda t: t.add("turn", {"bot.prompt": Q, "bot.reply_text": A}),
    ),
    "names of its own below a web request": (
        NoTurnReason.UNKNOWN_ATTRIBUTES, "none",
        lambda t: t.add("llm", {"llm_prompt_text": Q, "llm_response_text": A},
                        parent=t.add("POST /ask", {"http.route": "/ask"})),
    ),
    "lists of its own": (
        NoTurnReason.UNKNOWN_ATTRIBUTES, "none",
        lambda t: t.add("x", {"acme.chat.messages": [Q, A]}),
    ),
    "a web request": (
        NoTurnReason.NOT_LLM, "none",
        lambda t: t.add("GET /", {"http.request.method": "GET", "url.full": "https://x.example/y"}),
    ),
    "a query of a database": (
        NoTurnReason.NOT_LLM, "none",
        lambda t: t.add("SELECT", {"db.system": "postgresql", "db.query.text": "SELECT a FROM b"}),
    ),
    "a message queue": (
        NoTurnReason.NOT_LLM, "none",
        lambda t: t.add("poll", {"messaging.system": "kafka", "messaging.message.body": "x" * 40}),
    ),
    "a span without attributes": (NoTurnReason.NOT_LLM, "none", lambda t: t.add("x")),
    "a chain that hands a question on": (
        NoTurnReason.NO_MODEL_CALL, "openinference",
        lambda t: t.add("c", ECHO),
    ),
    "indexing": (
        NoTurnReason.NO_MODEL_CALL, "openinference",
        lambda t: t.add("e", {"openinference.span.kind": "EMBEDDING"}, parent=t.add("i", VALUES)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_a_trace_without_a_turn_says_why(trace, name):
    reason, family, build = SILENT[name]
    build(trace)
    assert assemble(trace.spans) == []
    found = unanswered(Trace.of(trace.spans))
    assert (found.reason, found.family, found.service) == (reason, family, "bot")


def test_the_attributes_that_no_table_reads_are_named(trace):
    trace.add("turn", {"bot.prompt": Q, "bot.reply_text": A, "bot.prompt_id": 7, "http.url": Q})
    assert unanswered(Trace.of(trace.spans)).unread == ("bot.prompt", "bot.reply_text")


def test_a_function_around_a_retrieval_is_not_an_answer(trace):
    documents = json.dumps([{"id": "a", "text": TEXT}])
    trace.add("load", {"input.value": Q, "output.value": documents})
    assert assemble(trace.spans) == []
