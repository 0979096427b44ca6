"""Families that were not run: spans as their documentation, source and public recordings show them.

The emitters need an account, a Java or a terminal; these captures are of our own making.
"""

import json
from typing import Any

import pytest

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.storage.span import SpanEvent
from groundwire_evaluators.turn import Route

Q, A = "How long do refunds take?", "Refunds take 14 days."
TEXT, CARDS = 'Refunds are "paid" within\n14 days.', "Gift cards cannot be refunded."
CLAUDE = {"scope": "com.anthropic.claude_code.tracing", "scope_version": "1.0.0"}
GEMINI = {"scope": "gemini-cli", "scope_version": "v1"}
SPRING = {"scope": "org.springframework.boot", "scope_version": "3.5.0"}
NOT_RUN = {"spring_ai", "claude_code", "gemini_cli"}


def event(name: str, at: int, **attributes: Any) -> SpanEvent:
    return SpanEvent(name=name, time_ns=at, attributes=attributes)


def concatenated(*texts: str) -> str:
    """As Spring AI joins texts: between quotes, without escapes."""
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def test_the_page_says_that_they_were_not_run():
    by_name = {family.name: family for family in families()}
    assert all(by_name[name].run == "from public examples, not run" for name in NOT_RUN)


# Spring AI


def spring_advisor(trace, **client):
    top = trace.add(
        "spring_ai chat_client",
        {
            "gen_ai.operation.name": "framework",
            "gen_ai.system": "spring_ai",
            "spring.ai.kind": "chat_client",
            "spring.ai.chat.client.stream": "false",
            "spring.ai.chat.client.conversation.id": "c-7",
            **client,
        },
        **SPRING,
    )
    return trace.add(
        "question_answer",
        {
            "gen_ai.operation.name": "framework",
            "spring.ai.kind": "advisor",
            "spring.ai.advisor.name": "QuestionAnswerAdvisor",
        },
        parent=top,
        **SPRING,
    )


def spring_query(trace, parent, *texts):
    found = {"db.vector.query.response.documents": concatenated(*texts)} if texts else {}
    trace.add(
        "pg_vector query",
        {
            "spring.ai.kind": "vector_store",
            "db.operation.name": "query",
            "db.system": "pg_vector",
            "db.vector.query.content": Q,
            "db.vector.query.top_k": "4",
            **found,
        },
        parent=parent,
        **SPRING,
    )


def spring_call(trace, parent, prompt=None, answer=None):
    content = {"gen_ai.prompt": prompt, "gen_ai.completion": answer}
    trace.add(
        "chat acme-chat",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "acme-chat",
            "gen_ai.response.model": "acme-chat-2026",
            "gen_ai.response.id": "r-1",
            "gen_ai.response.finish_reasons": '["STOP"]',
            "gen_ai.usage.input_tokens": "57",
            "gen_ai.usage.output_tokens": "14",
            **{key: value for key, value in content.items() if value},
        },
        parent=parent,
        **SPRING,
    )


def test_spring_ai_with_content_on_its_spans(trace):
    advisor = spring_advisor(trace)
    spring_query(trace, advisor, TEXT, CARDS)
    prompt = concatenated("Answer from the context.", f"Context:\n{TEXT}\n\nQuestion: {Q}")
    spring_call(trace, advisor, prompt, concatenated(A))
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [TEXT, CARDS]
    assert (turn.model, turn.response_model, turn.session_id) == (
        "acme-chat",
        "acme-chat-2026",
        "c-7",
    )
    assert (turn.input_tokens, turn.output_tokens) == (57, 14)
    assert turn.not_evaluable_reason is None


def test_spring_ai_with_the_prompt_on_the_chat_client(trace):
    """The last of several texts is the person's, not the system's before it."""
    advisor = spring_advisor(trace, **{"gen_ai.prompt": concatenated("Be brief.", Q)})
    spring_query(trace, advisor, TEXT)
    spring_call(trace, advisor, None, concatenated(A))
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)


def test_spring_ai_without_content_is_one_turn_that_tells_it(trace):
    advisor = spring_advisor(trace)
    spring_query(trace, advisor)
    spring_call(trace, advisor)
    [turn] = assemble(trace.spans)
    assert turn.answer is None
    assert "answer was not sent" in (turn.not_evaluable_reason or "")
    assert turn.question == Q


def test_a_store_that_spring_ai_fills_is_no_retrieval(trace):
    attributes = {"spring.ai.kind": "vector_store", "db.operation.name": "add"}
    trace.add("pg_vector add", attributes, **SPRING)
    trace.chat(Q, A)
    [turn] = assemble(trace.spans)
    assert turn.route is Route.PARAMETRIC


def test_the_result_of_a_tool_of_spring_ai_is_context(trace):
    top = spring_advisor(trace)
    called = {"spring.ai.kind": "tool_call", "gen_ai.operation.name": "framework"}
    trace.add(
        "tool_call refund_days",
        {**called, "spring.ai.tool.call.result": '{"refund_days": 14}'},
        parent=top,
        **SPRING,
    )
    spring_call(trace, top, concatenated(Q), concatenated(A))
    [turn] = assemble(trace.spans)
    assert [chunk.text for chunk in turn.chunks] == ['{"refund_days": 14}']


# Claude Code


def claude(trace, kind, attributes=None, **fields):
    given = {"span.type": kind, "session.id": "s-1", "user.id": "u-1", **(attributes or {})}
    return trace.add(f"claude_code.{kind}", given, **CLAUDE, **fields)


def claude_request(trace, parent, stop="end_turn", **attributes):
    used = {"input_tokens": 2, "output_tokens": 14, "cache_read_tokens": 50, "ttft_ms": 250}
    return claude(
        trace,
        "llm_request",
        {
            "gen_ai.system": "anthropic",
            "model": "claude-x",
            "gen_ai.request.model": "claude-x",
            "stop_reason": stop,
            "gen_ai.response.finish_reasons": [stop],
            **used,
            **attributes,
        },
        parent=parent,
    )


def claude_turn(trace, prompt=Q, answer=A):
    """A prompt, a request that asks for a tool, the tool and the request that answers."""
    events = [
        event("assistant_response", 5, response="I will read the handbook."),
        event("assistant_response", 9, response=answer),
    ]
    top = claude(
        trace, "interaction", {"user_prompt": prompt, "interaction.sequence": 1}, events=events
    )
    claude_request(trace, top, "tool_use")
    read = event("tool.output", 7, file_path="/handbook.md", content=TEXT)
    tool = claude(trace, "tool", {"tool_name": "Read"}, parent=top, events=[read])
    claude(trace, "tool.blocked_on_user", {"decision": "accept"}, parent=tool)
    claude(trace, "tool.execution", {"success": True}, parent=tool)
    claude_request(trace, top)
    return top


def test_a_prompt_of_claude_code_is_one_turn(trace):
    claude_turn(trace)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [TEXT]
    assert (turn.model, turn.session_id, turn.user_id) == ("claude-x", "s-1", "u-1")
    assert (turn.input_tokens, turn.output_tokens, turn.cached_tokens) == (4, 28, 100)
    assert turn.first_token_seconds == pytest.approx(0.25)
    assert turn.not_evaluable_reason is None


def test_claude_code_with_content_switched_off_is_one_turn_that_tells_it(trace):
    claude_turn(trace, prompt="<REDACTED>", answer="<REDACTED>")
    [turn] = assemble(trace.spans)
    assert "redacted" in (turn.not_evaluable_reason or "")


def test_claude_code_without_logs_is_one_turn_that_tells_it(trace):
    top = claude(trace, "interaction", {"user_prompt": Q})
    claude_request(trace, top, "tool_use")
    claude(trace, "tool", {"tool_name": "Read"}, parent=top)
    claude_request(trace, top)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, None)
    assert "answer was not sent" in (turn.not_evaluable_reason or "")


def test_the_answer_of_detailed_tracing_is_read(trace):
    top = claude(trace, "interaction", {"user_prompt": Q})
    claude_request(trace, top, **{"response.model_output": A})
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)


def test_the_logs_of_claude_code_come_by_the_receiver(trace, delivered):
    top = claude(trace, "interaction", {"user_prompt": Q})
    claude_request(trace, top)
    trace.log("assistant_response", top, attributes={"response": A})
    [turn] = delivered(trace)
    assert (turn.question, turn.answer) == (Q, A)


def test_a_subagent_of_claude_code_is_part_of_the_turn(trace):
    top = claude_turn(trace)
    tool = claude(trace, "tool", {"tool_name": "Agent"}, parent=top)
    claude_request(trace, tool, **{"response.model_output": "Searched three files.", "agent_id": 1})
    [turn] = assemble(trace.spans)
    assert turn.answer == A


# Gemini CLI


def gemini(trace, operation, sent=None, output=None, **fields):
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.agent.name": "gemini-cli",
        "gen_ai.conversation.id": "s-2",
        **fields.pop("attributes", {}),
    }
    for key, value in (("gen_ai.input.messages", sent), ("gen_ai.output.messages", output)):
        if value is not None:
            attributes[key] = value if isinstance(value, str) else json.dumps(value)
    return trace.add(operation, attributes, **GEMINI, **fields)


ASKS = {"role": "user", "parts": [{"text": Q}]}
CALLS = {"role": "model", "parts": [{"functionCall": {"name": "read_file", "args": {}}}]}
RETURNED = {
    "role": "user",
    "parts": [
        {"functionResponse": {"id": "1", "name": "read_file", "response": {"output": CARDS}}}
    ],
}
USAGE = {
    "gen_ai.request.model": "gemini-x",
    "gen_ai.usage.input_tokens": 57,
    "gen_ai.usage.output_tokens": 14,
}
STREAM = [
    {"role": "model", "parts": [{"text": "Let me think.", "thought": True}]},
    {"role": "model", "parts": [{"text": "Refunds take "}]},
    None,
    {"role": "model", "parts": [{"text": "14 days."}]},
]


def gemini_tool(trace, parent):
    done = {
        "status": "success",
        "request": {"name": "read_file"},
        "response": {
            "callId": "1",
            "responseParts": RETURNED["parts"],
            "resultDisplay": "read 1 file",
        },
    }
    batch = gemini(trace, "schedule_tool_calls", [{"name": "read_file"}], [done], parent=parent)
    gemini(trace, "tool_call", {"name": "read_file"}, done, parent=batch)


def test_a_prompt_of_gemini_cli_is_one_turn(trace):
    top = gemini(trace, "user_prompt", Q)
    gemini(trace, "llm_call", [ASKS], [CALLS], parent=top, attributes=USAGE)
    gemini_tool(trace, top)
    sent = [ASKS, CALLS, RETURNED]
    gemini(trace, "llm_call", sent, STREAM, parent=top, attributes=USAGE)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [CARDS]
    assert (turn.model, turn.session_id) == ("gemini-x", "s-2")
    assert (turn.input_tokens, turn.output_tokens) == (114, 28)


def test_the_continuation_of_gemini_cli_has_question_and_context_from_its_messages(trace):
    """What follows a tool is traced apart from the prompt that started it."""
    top = gemini(trace, "system_prompt", RETURNED["parts"])
    gemini(trace, "llm_call", [ASKS, CALLS, RETURNED], STREAM, parent=top, attributes=USAGE)
    [turn] = assemble(trace.spans)
    assert (turn.question, turn.answer) == (Q, A)
    assert [chunk.text for chunk in turn.chunks] == [CARDS]


def test_a_request_of_gemini_cli_for_a_tool_is_no_answer(trace):
    top = gemini(trace, "user_prompt", [{"text": Q}])
    gemini(trace, "llm_call", [ASKS], [CALLS], parent=top, attributes=USAGE)
    assert assemble(trace.spans) == []
