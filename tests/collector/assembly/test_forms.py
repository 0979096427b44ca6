"""Every form in which an emitter is known to send a fact: old and new names, strings and values.

Each form is built after the source of its emitter, sent as OTLP bytes, stored, read back and
assembled; what it must give stands beside it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from groundwire_collector.storage.span import SpanEvent

QUESTION = "Wie lange kann ich die Ware zurückgeben?"
ANSWER = "30 Tage ab Kauf, mit Beleg. 返品は30日以内です。"
TEXTS = ["Rückgabe binnen 30 Tagen mit Beleg.", "Gutscheine sind ausgeschlossen."]
IDS = ["policy-1", "policy-2"]
SCORES = [0.91, 0.5]
CONTEXT = "\n".join(TEXTS)
PROMPT = f"Context:\n{CONTEXT}\n\nQuestion: {QUESTION}"
HELD = {"chunks": TEXTS, "ids": IDS, "scores": SCORES}


@dataclass(frozen=True)
class Form:
    name: str
    build: Callable[[Any], None]
    gives: dict[str, Any]


FORMS: list[Form] = []


def form(**gives: Any) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def register(build: Callable[[Any], None]) -> Callable[[Any], None]:
        FORMS.append(Form(build.__name__, build, gives))
        return build

    return register


def reported(turn: Any) -> dict[str, Any]:
    return {
        "question": turn.question,
        "answer": turn.answer,
        "chunks": [chunk.text for chunk in turn.chunks],
        "ids": [chunk.id for chunk in turn.chunks],
        "scores": [chunk.score for chunk in turn.chunks],
        "metadata": [dict(chunk.metadata) for chunk in turn.chunks],
        "model": turn.model,
        "served": turn.response_model,
        "tokens": (turn.input_tokens, turn.output_tokens),
        "session": turn.session_id,
        "user": turn.user_id,
        "prompt_version": turn.prompt_version,
        "model_version": turn.model_version,
        "route": turn.route.value,
        "rung": turn.context_source,
        "reason": turn.not_evaluable_reason,
        "response_id": turn.response_id,
        "first_token": turn.first_token_seconds,
    }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_gives_its_facts(form, trace, delivered):
    form.build(trace)
    turns = delivered(trace)
    assert len(turns) == form.gives.get("turns", 1), turns
    for turn in turns:
        found = reported(turn)
        wanted = {"reason": None, **form.gives}
        wanted.pop("turns", None)
        assert {name: found[name] for name in wanted} == wanted


def parts(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "content": text} for text in texts]


def records(text: str = "content") -> list[dict[str, Any]]:
    return [{"id": i, "score": s, text: t} for i, s, t in zip(IDS, SCORES, TEXTS, strict=True)]


def langchain() -> list[dict[str, Any]]:
    return [
        {"id": i, "metadata": {"score": s}, "page_content": t, "type": "Document"}
        for i, s, t in zip(IDS, SCORES, TEXTS, strict=True)
    ]


# OpenTelemetry GenAI


def genai_retrieval(trace: Any, documents: Any = None, **fields: Any) -> None:
    trace.add(
        "retrieval docs",
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.retrieval.query.text": QUESTION,
            "gen_ai.retrieval.documents": records() if documents is None else documents,
        },
        **fields,
    )


CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "acme-chat",
    "gen_ai.response.model": "acme-chat-7",
}
MODELS = {"model": "acme-chat", "served": "acme-chat-7"}


@form(
    question=QUESTION, answer=ANSWER, tokens=(57, 14), session="s-1", user="u-1", **HELD, **MODELS
)
def genai_structured_values_on_spans(trace):
    genai_retrieval(trace)
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.conversation.id": "s-1",
            "enduser.id": "u-1",
            "gen_ai.system_instructions": parts("Use the context."),
            "gen_ai.input.messages": [{"role": "user", "parts": parts(PROMPT)}],
            "gen_ai.output.messages": [
                {
                    "role": "assistant",
                    "parts": [{"type": "reasoning", "content": "Hm."}, *parts(ANSWER)],
                    "finish_reason": "stop",
                }
            ],
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 14,
            "gen_ai.usage.cache_read.input_tokens": 50,
            "gen_ai.usage.cache_write.input_tokens": 5,
            "gen_ai.usage.reasoning.output_tokens": 4,
        },
    )


@form(question=QUESTION, answer=ANSWER, tokens=(57, 14), **HELD, **MODELS)
def genai_old_prompt_and_completion_strings(trace):
    genai_retrieval(trace, json.dumps(records()))
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.prompt": json.dumps([{"role": "user", "content": PROMPT}]),
            "gen_ai.completion": json.dumps([{"role": "assistant", "content": ANSWER}]),
            "gen_ai.usage.prompt_tokens": 57,
            "gen_ai.usage.completion_tokens": 14,
        },
    )


@form(question=QUESTION, answer=ANSWER, **HELD)
def genai_old_content_events_on_the_span(trace):
    genai_retrieval(trace)
    content = {"gen_ai.prompt": json.dumps([{"role": "user", "content": PROMPT}])}
    message = {"gen_ai.completion": json.dumps([{"role": "assistant", "content": ANSWER}])}
    trace.add(
        "chat acme-chat",
        CHAT,
        events=[
            SpanEvent(name="gen_ai.content.prompt", time_ns=1, attributes=content),
            SpanEvent(name="gen_ai.content.completion", time_ns=2, attributes=message),
        ],
    )


@form(question=QUESTION, answer=ANSWER, **HELD)
def genai_message_log_events(trace):
    genai_retrieval(trace)
    span = trace.add("chat acme-chat", CHAT)
    trace.log("gen_ai.system.message", span, body={"content": "Use the context."})
    trace.log("gen_ai.user.message", span, body={"content": PROMPT})
    message = {"role": "assistant", "content": ANSWER}
    trace.log("gen_ai.choice", span, body={"index": 0, "finish_reason": "stop", "message": message})


@form(question=QUESTION, answer=ANSWER, **HELD)
def genai_choice_event_without_a_role_and_multimodal_user_content(trace):
    genai_retrieval(trace)
    span = trace.add("openai.chat", CHAT)
    content = [{"type": "text", "text": PROMPT}, {"type": "image_url", "image_url": {"url": "x"}}]
    trace.log("gen_ai.user.message", span, body={"content": content})
    trace.log("gen_ai.choice", span, body={"index": 0, "message": {"content": ANSWER}})


@form(question=QUESTION, answer=ANSWER, **HELD)
def genai_details_event(trace):
    genai_retrieval(trace)
    span = trace.add("chat acme-chat", CHAT)
    trace.log(
        "gen_ai.client.inference.operation.details",
        span,
        attributes={
            "gen_ai.input.messages": [{"role": "user", "parts": parts(PROMPT)}],
            "gen_ai.output.messages": [{"role": "assistant", "parts": parts(ANSWER)}],
        },
    )


@form(question=QUESTION, answer=ANSWER, chunks=TEXTS, rung="documents")
def genai_multimodal_parts_are_passed_over(trace):
    genai_retrieval(trace, [{"id": "a", "content": t} for t in TEXTS])
    blob = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="}
    uri = {"type": "uri", "modality": "image", "uri": "https://example.org/x.png"}
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps(
                [{"role": "user", "parts": [blob, *parts(QUESTION), uri]}]
            ),
            "gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "parts": [*parts(ANSWER), blob]}]
            ),
        },
    )


@form(answer="I cannot help with that.", question=QUESTION)
def genai_a_refusal_part_is_the_answer(trace):
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts(QUESTION)}]),
            "gen_ai.output.messages": json.dumps(
                [
                    {
                        "role": "assistant",
                        "parts": [{"type": "refusal", "content": "I cannot help with that."}],
                    }
                ]
            ),
        },
    )


@form(
    question=QUESTION, answer=ANSWER, route="tool", rung="tool_result", chunks=["Sonnig, 20 Grad"]
)
def genai_agent_with_a_tool(trace):
    agent = trace.add(
        "invoke_agent bot",
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts(QUESTION)}]),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
        },
        end_ns=20 * 10**9,
    )
    call = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}}
    requested = {"role": "user", "parts": parts(QUESTION)}
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps([requested]),
            "gen_ai.output.messages": json.dumps(
                [{"role": "assistant", "parts": [call], "finish_reason": "tool_call"}]
            ),
        },
        parent=agent,
    )
    trace.add(
        "execute_tool weather",
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.result": "Sonnig, 20 Grad",
        },
        parent=agent,
    )
    response = {"type": "tool_call_response", "id": "c1", "result": "Sonnig, 20 Grad"}
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps(
                [
                    requested,
                    {"role": "assistant", "parts": [call]},
                    {"role": "tool", "parts": [response]},
                ]
            ),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
        },
        parent=agent,
    )


@form(
    question=QUESTION,
    answer=ANSWER,
    chunks=["Mag Belege.", '{"frist": "30 Tage"}'],
    rung="documents",
)
def genai_memories_are_chunks(trace):
    trace.add(
        "search_memory",
        {
            "gen_ai.operation.name": "search_memory",
            "gen_ai.memory.query.text": QUESTION,
            "gen_ai.memory.records": [
                {"id": "m1", "content": "Mag Belege.", "score": 0.9},
                {"content": {"frist": "30 Tage"}, "metadata": {"source": "profile"}},
            ],
        },
    )
    trace.chat(QUESTION, ANSWER)


@form(question=QUESTION, answer=ANSWER, chunks=TEXTS, ids=IDS, rung="prompt_variable")
def genai_documents_without_text_and_the_prompts_variable(trace):
    genai_retrieval(trace, json.dumps([{"id": i, "score": 0.5} for i in IDS]))
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.prompt.name": "rag",
            "gen_ai.prompt.version": "v3",
            "gen_ai.prompt.variable.context": "\n\n".join(TEXTS),
            "gen_ai.prompt.variable.question": QUESTION,
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts(PROMPT)}]),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
        },
    )


# OpenInference


def kind(name: str, **attributes: Any) -> dict[str, Any]:
    return {"openinference.span.kind": name, **attributes}


def openinference_documents(prefix: str, **more: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, (identity, score, text) in enumerate(zip(IDS, SCORES, TEXTS, strict=True)):
        start = f"{prefix}.{number}.document"
        found |= {f"{start}.id": identity, f"{start}.score": score, f"{start}.content": text}
        found |= {f"{start}.{name}": values[number] for name, values in more.items()}
    return found


def openinference_chain(trace: Any, message: str = ANSWER) -> Any:
    return trace.add(
        "chain",
        kind("CHAIN")
        | {"input.value": QUESTION, "output.value": message, "session.id": "s-1", "user.id": "u-1"},
        end_ns=20 * 10**9,
    )


@form(
    question=QUESTION,
    answer=ANSWER,
    tokens=(57, 14),
    session="s-1",
    user="u-1",
    prompt_version="v3",
    metadata=[{"page": 1}, {"page": 2}],
    **HELD,
    **MODELS,
)
def openinference_message_contents_and_token_details(trace):
    chain = openinference_chain(trace)
    metadata = ["{'page': 1}", '{"page": 2}']  # a Python repr, and JSON
    trace.add(
        "retrieve",
        kind("RETRIEVER")
        | {"input.value": QUESTION}
        | openinference_documents("retrieval.documents", metadata=metadata),
        parent=chain,
    )
    trace.add(
        "llm",
        kind("LLM")
        | {
            "llm.request.model_name": "acme-chat",
            "llm.response.model_name": "acme-chat-7",
            "llm.prompt_template.version": "v3",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": PROMPT,
            "llm.input_messages.0.message.contents.1.message_content.type": "image",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
            "llm.output_messages.0.message.contents.0.message_content.text": "Hm.",
            "llm.output_messages.0.message.contents.1.message_content.type": "text",
            "llm.output_messages.0.message.contents.1.message_content.text": ANSWER,
            "llm.token_count.prompt": 57,
            "llm.token_count.completion": 14,
            "llm.token_count.total": 71,
            "llm.token_count.prompt_details.cache_read": 50,
            "llm.token_count.completion_details.reasoning": 4,
        },
        parent=chain,
    )


@form(question=QUESTION, answer=ANSWER, **HELD)
def openinference_prompts_and_choices_of_a_completion(trace):
    chain = openinference_chain(trace)
    trace.add(
        "retrieve",
        kind("RETRIEVER") | openinference_documents("retrieval.documents"),
        parent=chain,
    )
    trace.add(
        "llm",
        kind("LLM")
        | {"llm.prompts.0.prompt.text": PROMPT, "llm.choices.0.completion.text": ANSWER},
        parent=chain,
    )


@form(question=QUESTION, answer=ANSWER, chunks=[CONTEXT])
def openinference_bare_completion_call(trace):
    trace.add(
        "llm",
        kind("LLM")
        | {"llm.prompts.0.prompt.text": PROMPT, "llm.choices.0.completion.text": ANSWER},
    )


@form(question=QUESTION, answer=ANSWER, chunks=[TEXTS[1]], ids=["policy-2"], scores=[0.99])
def openinference_reranked_documents_are_those_provided(trace):
    chain = openinference_chain(trace)
    trace.add(
        "retrieve",
        kind("RETRIEVER") | openinference_documents("retrieval.documents"),
        parent=chain,
    )
    trace.add(
        "rerank",
        kind("RERANKER")
        | {"reranker.query": QUESTION, "reranker.top_k": 1}
        | openinference_documents("reranker.input_documents")
        | {
            "reranker.output_documents.0.document.id": "policy-2",
            "reranker.output_documents.0.document.content": TEXTS[1],
            "reranker.output_documents.0.document.score": 0.99,
        },
        parent=chain,
    )
    trace.add("llm", kind("LLM") | {"llm.output_messages.0.message.content": ANSWER}, parent=chain)


@form(question=QUESTION, answer=ANSWER, tokens=(57, 14), response_id="r-1", served="acme-chat-7")
def openinference_raw_output_alone(trace):
    raw = {
        "id": "r-1",
        "model": "acme-chat-7",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}}],
        "usage": {"prompt_tokens": 57, "completion_tokens": 14, "total_tokens": 71},
    }
    sent = {"messages": [{"role": "user", "content": QUESTION}], "model": "acme-chat"}
    trace.add(
        "ChatCompletion",
        kind("LLM") | {"input.value": json.dumps(sent), "output.value": json.dumps(raw)},
    )


@form(model="acme-chat", served=None, question=QUESTION, answer=ANSWER)
def openinference_llamaindex_names_the_model_requested_for(trace):
    trace.add(
        "OpenAILike.chat",
        kind("LLM")
        | {
            "llm.model_name": "acme-chat",
            "llm.invocation_parameters": json.dumps({"model_name": "acme-chat", "num_output": 1}),
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": QUESTION,
            "llm.output_messages.0.message.content": ANSWER,
        },
        scope="openinference.instrumentation.llama_index",
    )


@form(model="acme-chat", served=None, question=QUESTION, answer=ANSWER)
def openinference_dspy_names_the_model_requested_for(trace):
    trace.add(
        "LM.__call__",
        kind("LLM")
        | {
            "llm.model_name": "acme-chat",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": QUESTION,
            "llm.output_messages.0.message.content": ANSWER,
        },
        scope="openinference.instrumentation.dspy",
    )


@form(question=QUESTION, answer=ANSWER, served="claude-x", **HELD)
def openinference_bedrock_retrieves_and_generates_in_one_span(trace):
    trace.add(
        "bedrock.retrieve_and_generate",
        kind("RETRIEVER")
        | {"llm.model_name": "claude-x", "input.value": QUESTION, "output.value": ANSWER}
        | openinference_documents("retrieval.documents"),
    )


@form(question=QUESTION, answer=ANSWER, reason="the retrieved documents were redacted")
def openinference_hidden_documents(trace):
    chain = openinference_chain(trace)
    trace.add(
        "retrieve",
        kind("RETRIEVER")
        | {
            "input.value": QUESTION,
            "output.value": "__REDACTED__",
            "retrieval.documents.0.document.content": "__REDACTED__",
        },
        parent=chain,
    )
    trace.add("llm", kind("LLM") | {"llm.output_messages.0.message.content": ANSWER}, parent=chain)


# OpenLLMetry / Traceloop

TRACELOOP = "opentelemetry.instrumentation.openai.v1"


@form(
    question=QUESTION,
    answer=ANSWER,
    tokens=(57, 14),
    session="s-1",
    user="u-1",
    **MODELS,
    chunks=[CONTEXT],
)
def traceloop_numbered_messages(trace):
    trace.add(
        "openai.chat",
        {
            "llm.request.type": "chat",
            "gen_ai.request.model": "acme-chat",
            "gen_ai.response.model": "acme-chat-7",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Use the context.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": json.dumps(
                [{"type": "text", "text": PROMPT}, {"type": "image_url", "image_url": {"url": "x"}}]
            ),
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": ANSWER,
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.usage.prompt_tokens": 57,
            "gen_ai.usage.completion_tokens": 14,
            "llm.usage.total_tokens": 71,
            "gen_ai.usage.cache_read_input_tokens": 50,
            "traceloop.association.properties.session_id": "s-1",
            "traceloop.association.properties.user_id": "u-1",
        },
        scope=TRACELOOP,
    )


@form(question=QUESTION, answer=ANSWER, chunks=[CONTEXT])
def traceloop_oldest_names(trace):
    trace.add(
        "openai.chat",
        {
            "llm.request.type": "chat",
            "llm.prompts.0.role": "user",
            "llm.prompts.0.content": PROMPT,
            "llm.completions.0.role": "assistant",
            "llm.completions.0.content": ANSWER,
        },
        scope=TRACELOOP,
    )


def traceloop_entity(name: str, provided: Any, returned: Any) -> dict[str, Any]:
    return {
        "traceloop.span.kind": name,
        "traceloop.entity.input": json.dumps(provided),
        "traceloop.entity.output": json.dumps(returned),
    }


@form(question=QUESTION, answer=ANSWER, prompt_version="3", rung="function_output", **HELD)
def traceloop_decorated_functions(trace):
    flow = trace.add(
        "ask.workflow",
        traceloop_entity("workflow", {"args": [QUESTION], "kwargs": {}}, ANSWER)
        | {"traceloop.prompt.key": "rag", "traceloop.prompt.version": 3},
        end_ns=20 * 10**9,
        scope="traceloop.tracer",
    )
    trace.add(
        "retrieve.task",
        traceloop_entity("task", {"args": [QUESTION], "kwargs": {}}, records("text")),
        parent=flow,
        scope="traceloop.tracer",
    )
    trace.add(
        "openai.chat",
        CHAT | {"gen_ai.prompt.0.content": PROMPT, "gen_ai.completion.0.content": ANSWER},
        parent=flow,
        scope=TRACELOOP,
    )


def chat_of(trace: Any, **fields: Any) -> None:
    trace.add(
        "openai.chat",
        CHAT
        | {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": QUESTION,
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": ANSWER,
        },
        scope=TRACELOOP,
        **fields,
    )


@form(
    question=QUESTION,
    answer=ANSWER,
    rung="span_events",
    metadata=[{"page": 1}, {"page": 2}],
    **HELD,
)
def traceloop_pinecone(trace):
    """Its metadata are a Python repr, and hold the text."""
    events = [
        SpanEvent(
            name="db.query.result",
            time_ns=n,
            attributes={
                "db.query.result.id": IDS[n],
                "db.query.result.score": SCORES[n],
                "db.query.result.metadata": str({"text": TEXTS[n], "page": n + 1}),
            },
        )
        for n in range(2)
    ]
    scope = "opentelemetry.instrumentation.pinecone"
    trace.add(
        "pinecone.query",
        {"db.system": "Pinecone", "pinecone.query.top_k": 2},
        events=events,
        scope=scope,
    )
    chat_of(trace)
    trace.add(
        "pinecone.upsert", {"db.system": "Pinecone", "pinecone.usage.write_units": 1}, scope=scope
    )


@form(question=QUESTION, answer=ANSWER, rung="span_events", **HELD)
def traceloop_milvus_search(trace):
    events = [
        SpanEvent(
            name="db.search.result",
            time_ns=n,
            attributes={
                "db.search.query.id": 0,
                "db.search.result.id": IDS[n],
                "db.search.result.distance": str(SCORES[n]),
                "db.search.result.entity": str({"text": TEXTS[n], "page": n}),
            },
        )
        for n in range(2)
    ]
    trace.add(
        "milvus.search",
        {"db.system": "milvus", "db.operation": "search"},
        events=events,
        scope="opentelemetry.instrumentation.milvus",
    )
    chat_of(trace)


@form(question=QUESTION, answer=ANSWER, rung="span_events", chunks=TEXTS, ids=IDS)
def traceloop_marqo(trace):
    events = [
        SpanEvent(
            name="db.query.result",
            time_ns=n,
            attributes={"_id": IDS[n], "_score": SCORES[n], "description": "x", "text": TEXTS[n]},
        )
        for n in range(2)
    ]
    trace.add(
        "marqo.search",
        {"db.system": "marqo", "db.operation": "search", "db.marqo.search.query": QUESTION},
        events=events,
        scope="opentelemetry.instrumentation.marqo",
    )
    chat_of(trace)


@form(question=QUESTION, answer=ANSWER, route="parametric", chunks=[])
def traceloop_writing_to_a_vector_store_is_no_retrieval(trace):
    chat_of(trace)
    for name in ("qdrant.upsert", "pinecone.delete", "milvus.insert", "chroma.add"):
        scope = f"opentelemetry.instrumentation.{name.split('.')[0]}".replace("chroma", "chromadb")
        attributes = {"db.system": name.split(".")[0], "db.operation": name.split(".")[1]}
        trace.add(name, attributes, scope=scope)


@form(answer=ANSWER, **HELD)
def traceloop_cohere_rerank(trace):
    trace.add(
        "cohere.rerank",
        {
            "llm.request.type": "rerank",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": TEXTS[1],
            "gen_ai.prompt.2.role": "user",
            "gen_ai.prompt.2.content": QUESTION,
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": f"Doc policy-1, Score: 0.91\n{TEXTS[0]}",
            "gen_ai.completion.1.role": "assistant",
            "gen_ai.completion.1.content": f"Doc policy-2, Score: 0.5\n{TEXTS[1]}",
        },
        scope="opentelemetry.instrumentation.cohere",
    )
    chat_of(trace)


@form(question=QUESTION, answer=ANSWER, rung="retriever_output", **HELD)
def traceloop_langchain_retriever(trace):
    flow = trace.add(
        "RunnableSequence.workflow",
        traceloop_entity("workflow", {"inputs": QUESTION, "tags": []}, {"outputs": ANSWER})
        | {"gen_ai.operation.name": "execute_task"},
        end_ns=20 * 10**9,
        scope="opentelemetry.instrumentation.langchain",
    )
    returned = {"documents": langchain()}
    trace.add(
        "retriever.task",
        traceloop_entity("task", {"query": QUESTION}, returned)
        | {"gen_ai.operation.name": "vector_db_retrieve"},
        parent=flow,
        scope="opentelemetry.instrumentation.langchain",
    )
    chat_of(trace, parent=flow)


@form(
    question=QUESTION,
    answer=ANSWER,
    reason="the retrieved documents were cut on their way",
)
def traceloop_cut_output(trace):
    flow = trace.add(
        "ask.workflow",
        traceloop_entity("workflow", {"args": [QUESTION], "kwargs": {}}, ANSWER),
        end_ns=20 * 10**9,
    )
    cut = json.dumps({"documents": langchain()})[:-70]
    trace.add(
        "retriever.task",
        {"gen_ai.operation.name": "vector_db_retrieve", "traceloop.entity.output": cut},
        parent=flow,
    )
    chat_of(trace, parent=flow)


# Langfuse


def langfuse(kind_: str, provided: Any, returned: Any, **more: Any) -> dict[str, Any]:
    def written(value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value)

    return {
        "langfuse.observation.type": kind_,
        "langfuse.observation.input": written(provided),
        "langfuse.observation.output": written(returned),
        **more,
    }


@form(
    question=QUESTION,
    answer=ANSWER,
    tokens=(57, 14),
    session="s-1",
    user="u-1",
    prompt_version="3",
    model_version="rel-9",
    **HELD,
)
def langfuse_usage_apart_from_what_was_cached(trace):
    """Its LangChain callback takes cached and reasoning tokens out of `input` and `output`."""
    shared = {"session.id": "s-1", "user.id": "u-1", "langfuse.release": "rel-9"}
    root = trace.add(
        "ask",
        langfuse("span", {"args": [QUESTION], "kwargs": {}}, ANSWER) | shared,
        end_ns=20 * 10**9,
    )
    trace.add("search", langfuse("retriever", {"args": [QUESTION]}, records("text")), parent=root)
    usage = {
        "input": 7,
        "input_cache_read": 50,
        "input_priority": 57,
        "output": 10,
        "output_reasoning": 4,
        "total": 71,
    }
    trace.add(
        "ChatOpenAI",
        langfuse("generation", [{"role": "user", "content": PROMPT}], ANSWER)
        | {
            "langfuse.observation.usage_details": json.dumps(usage),
            "langfuse.observation.prompt.name": "rag",
            "langfuse.observation.prompt.version": 3,
        },
        parent=root,
    )


@form(question=QUESTION, answer=ANSWER, tokens=(57, 14), chunks=TEXTS, rung="retriever_output")
def langfuse_openai_usage_and_documents_as_texts(trace):
    root = trace.add("ask", langfuse("chain", {"question": QUESTION}, ANSWER), end_ns=20 * 10**9)
    trace.add("search", langfuse("retriever", QUESTION, TEXTS), parent=root)
    usage = {
        "prompt_tokens": 57,
        "completion_tokens": 14,
        "total_tokens": 71,
        "prompt_tokens_details": {"cached_tokens": 50},
    }
    trace.add(
        "OpenAI-generation",
        langfuse(
            "generation",
            {"messages": [{"role": "user", "content": PROMPT}]},
            {"role": "assistant", "content": ANSWER},
        )
        | {"langfuse.observation.usage_details": json.dumps(usage)},
        parent=root,
    )


@form(question=QUESTION, answer=ANSWER, **HELD)
def langfuse_question_and_answer_on_the_trace(trace):
    shared = {"langfuse.trace.input": json.dumps({"q": 1, "question": QUESTION})}
    root = trace.add(
        "POST /ask",
        {"langfuse.observation.type": "span", "langfuse.trace.output": ANSWER, **shared},
        end_ns=20 * 10**9,
    )
    found = {"results": records("text"), "took_ms": 5}
    trace.add("search", langfuse("retriever", {"query": QUESTION}, found), parent=root)
    trace.add("llm", langfuse("generation", PROMPT, ANSWER), parent=root)


# LangSmith


def langsmith(kind_: str, provided: Any, returned: Any, **more: Any) -> dict[str, Any]:
    return {
        "langsmith.span.kind": kind_,
        "gen_ai.operation.name": {"llm": "chat", "prompt": "chat"}.get(kind_, "embeddings"),
        "gen_ai.prompt": json.dumps(provided),
        "gen_ai.completion": json.dumps(returned),
        **more,
    }


@form(
    question=QUESTION, answer=ANSWER, tokens=(57, 14), session="s-1", served="acme-chat-7", **HELD
)
def langsmith_traceable_functions_and_a_wrapped_client(trace):
    metadata = {"langsmith.metadata.session_id": "s-1"}
    root = trace.add(
        "ask",
        langsmith("chain", {"question": QUESTION}, {"output": ANSWER}) | metadata,
        scope="langsmith",
        end_ns=20 * 10**9,
    )
    trace.add(
        "search",
        langsmith("retriever", {"question": QUESTION}, {"output": langchain()}),
        parent=root,
        scope="langsmith",
    )
    completion = {
        "id": "r-1",
        "model": "acme-chat-7",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}}],
        "usage_metadata": {"input_tokens": 57, "output_tokens": 14},
    }
    provided = {"messages": [{"role": "user", "content": PROMPT}], "model": "acme-chat"}
    trace.add(
        "ChatOpenAI",
        langsmith("llm", provided, completion)
        | {"gen_ai.usage.input_tokens": 57, "gen_ai.usage.output_tokens": 14},
        parent=root,
        scope="langsmith",
    )


# Logfire and pydantic-ai


@form(
    question=QUESTION,
    answer=ANSWER,
    tokens=(57, 14),
    rung="function_output",
    chunks=TEXTS,
    **MODELS,
)
def pydantic_ai_events_in_an_attribute(trace):
    """Its first versions: message events as a JSON attribute, and the agent with all usage."""
    requested = {"content": QUESTION, "role": "user", "event.name": "gen_ai.user.message"}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": ANSWER},
        "event.name": "gen_ai.choice",
    }
    agent = trace.add(
        "agent run",
        {
            "agent_name": "bot",
            "model_name": "acme-chat",
            "final_result": ANSWER,
            "all_messages_events": json.dumps(
                [requested, {"role": "assistant", "content": ANSWER, "event.name": "gen_ai.choice"}]
            ),
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 14,
        },
        scope="pydantic-ai",
        end_ns=20 * 10**9,
    )
    trace.add(
        "retrieve",
        {"query": QUESTION, "return": json.dumps(TEXTS)},
        parent=agent,
        scope="logfire",
    )
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "events": json.dumps([requested, choice]),
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 14,
        },
        parent=agent,
        scope="pydantic-ai",
    )


@form(question=QUESTION, answer=ANSWER, tokens=(57, 14))
def logfire_openai_request_and_response(trace):
    request = {"messages": [{"role": "user", "content": QUESTION}], "model": "acme-chat"}
    response = {
        "message": {"role": "assistant", "content": ANSWER},
        "usage": {"prompt_tokens": 57, "completion_tokens": 14},
    }
    trace.add(
        "Chat Completion with {request_data[model]!r}",
        {
            "request_data": json.dumps(request),
            "response_data": json.dumps(response),
            "gen_ai.request.model": "acme-chat",
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 14,
            "logfire.span_type": "span",
        },
        scope="logfire.openai",
    )


@form(question=QUESTION, answer=ANSWER, model="acme-chat")
def logfire_streamed_answer_in_a_log_of_its_own(trace):
    request = json.dumps(
        {"messages": [{"role": "user", "content": QUESTION}], "model": "acme-chat"}
    )
    trace.add(
        "Chat Completion with {request_data[model]!r}",
        {
            "request_data": request,
            "gen_ai.request.model": "acme-chat",
            "logfire.span_type": "span",
        },
        scope="logfire.openai",
    )
    trace.add(
        "streaming response from {request_data[model]!r} took {duration:.2f}s",
        {
            "request_data": request,
            "gen_ai.request.model": "acme-chat",
            "logfire.span_type": "log",
            "response_data": json.dumps({"combined_chunk_content": ANSWER, "chunk_count": 9}),
        },
        scope="logfire.openai",
    )


@form(question=QUESTION, answer=ANSWER, chunks=TEXTS, ids=IDS)
def logfire_functions_that_return(trace):
    root = trace.add(
        "ask",
        {"question": QUESTION, "return": ANSWER, "logfire.span_type": "span"},
        scope="logfire",
        end_ns=20 * 10**9,
    )
    trace.add(
        "search",
        {
            "query": QUESTION,
            "return": json.dumps({"documents": records("text")}),
            "logfire.json_schema": '{"type":"object"}',
        },
        parent=root,
        scope="logfire",
    )
    trace.chat(PROMPT, ANSWER, parent=root)


# Rows and records


@form(
    question=QUESTION,
    answer=ANSWER,
    route="tool",
    chunks=['{"frist": 30, "einheit": "Tage"}'],
    metadata=[{"db.query.text": "SELECT frist, einheit FROM regeln"}],
)
def rows_of_a_query_below_a_tool(trace):
    tool = trace.add(
        "execute_tool sql",
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.result": json.dumps({"rows": [{"frist": 30, "einheit": "Tage"}]}),
        },
        end_ns=3 * 10**9,
    )
    trace.add(
        "SELECT regeln",
        {"db.system.name": "sqlite", "db.query.text": "SELECT frist, einheit FROM regeln"},
        parent=tool,
    )
    trace.chat(QUESTION, ANSWER)


@form(
    question=QUESTION,
    answer=ANSWER,
    route="retrieval",
    chunks=['{"frist": 30, "einheit": "Tage"}', '{"frist": 14, "einheit": "Tage"}'],
)
def rows_of_a_retrieval_with_old_names(trace):
    rows = [{"frist": 30, "einheit": "Tage"}, {"frist": 14, "einheit": "Tage"}]
    trace.add(
        "search",
        kind("RETRIEVER")
        | {
            "input.value": QUESTION,
            "output.value": json.dumps(rows),
            "db.statement": "SELECT frist, einheit FROM regeln",
        },
    )
    trace.chat(QUESTION, ANSWER)


@form(question=QUESTION, answer=ANSWER, rung="function_output", **HELD)
def traceloop_a_silent_vector_store_below_a_function_that_returns(trace):
    """Qdrant's instrumentation sends no results; the function around it does."""
    flow = trace.add(
        "ask.workflow",
        traceloop_entity("workflow", {"args": [QUESTION], "kwargs": {}}, ANSWER),
        end_ns=20 * 10**9,
    )
    task = trace.add(
        "retrieve.task",
        traceloop_entity("task", {"args": [QUESTION], "kwargs": {}}, records("text")),
        parent=flow,
        end_ns=4 * 10**9,
    )
    trace.add(
        "qdrant.query_points",
        {"db.system": "Qdrant"},
        parent=task,
        scope="opentelemetry.instrumentation.qdrant",
    )
    chat_of(trace, parent=flow)


# Routes, and what was cut or left out


@form(question=QUESTION, answer=ANSWER, route="cache", chunks=[])
def answered_from_a_cache(trace):
    root = trace.add("ask", langfuse("chain", {"question": QUESTION}, ANSWER), end_ns=20 * 10**9)
    trace.add(
        "litellm-acompletion",
        langfuse("generation", QUESTION, ANSWER)
        | {"langfuse.observation.metadata.cache_hit": "true"},
        parent=root,
    )


@form(question=QUESTION, answer=ANSWER, route="cache")
def a_route_that_any_span_names(trace):
    trace.chat(QUESTION, ANSWER, attributes={"groundwire.route": "cache"})


@form(question=QUESTION, answer=ANSWER, route="tool", chunks=['{"rows": 0}'])
def mcp_tool_result(trace):
    trace.add(
        "execute_tool",
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": '{"rows": 0}'},
    )
    trace.chat(QUESTION, ANSWER)


@form(question=QUESTION, answer=ANSWER, **HELD)
def a_cut_prompt_is_no_question(trace):
    genai_retrieval(trace)
    sent = json.dumps([{"role": "user", "parts": parts(PROMPT)}])
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": sent[:64],
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
        },
    )


@form(reason="the answer was cut on its way")
def a_cut_answer(trace):
    genai_retrieval(trace)
    message = json.dumps([{"role": "assistant", "parts": parts(ANSWER)}])
    trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts(PROMPT)}]),
            "gen_ai.output.messages": message[:-20],
        },
    )


@form(reason="the retrieved documents were cut on their way", answer=ANSWER)
def cut_structured_documents(trace):
    genai_retrieval(trace, json.dumps(records())[:-30])
    trace.chat(PROMPT, ANSWER)


@form(
    question=QUESTION,
    answer=None,
    reason="the answer was not sent: its emitter withholds the content of messages",
    **HELD,
)
def no_content_mode(trace):
    genai_retrieval(trace)
    trace.add("chat acme-chat", CHAT | {"gen_ai.usage.output_tokens": 14})


@form(question=QUESTION, answer=ANSWER, chunks=[], route="retrieval")
def an_empty_retrieval_is_zero_chunks(trace):
    genai_retrieval(trace, [])
    trace.chat(QUESTION, ANSWER)


@form(question=QUESTION, answer=ANSWER, first_token=0.25)
def vllm_server_span_below_the_client(trace):
    client = trace.add(
        "chat acme-chat",
        CHAT
        | {
            "gen_ai.input.messages": json.dumps([{"role": "user", "parts": parts(QUESTION)}]),
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
        },
    )
    trace.add(
        "llm_request",
        {
            "gen_ai.request.id": "cmpl-1",
            "gen_ai.usage.prompt_tokens": 57,
            "gen_ai.usage.completion_tokens": 14,
            "gen_ai.latency.time_to_first_token": 0.25,
            "gen_ai.latency.e2e": 1.0,
        },
        parent=client,
        scope="vllm.llm_engine",
    )


@form(question=QUESTION, answer=ANSWER, tokens=(57, 14), **HELD, **MODELS)
def two_families_on_one_span_and_two_spans_of_one_call(trace):
    """OpenInference with GenAI names beside its own, and the provider's own span below it."""
    chain = openinference_chain(trace)
    trace.add(
        "retrieve",
        kind("RETRIEVER") | openinference_documents("retrieval.documents"),
        parent=chain,
    )
    both = (
        kind("LLM")
        | CHAT
        | {
            "llm.output_messages.0.message.content": ANSWER,
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": parts(ANSWER)}]),
            "llm.token_count.prompt": 57,
            "llm.token_count.completion": 14,
            "gen_ai.usage.input_tokens": 57,
            "gen_ai.usage.output_tokens": 14,
        }
    )
    call = trace.add("llm", both, parent=chain, scope="openinference.instrumentation.openai")
    usage = {"gen_ai.usage.input_tokens": 57, "gen_ai.usage.output_tokens": 14}
    trace.add("chat acme-chat", CHAT | usage, parent=call, scope="opentelemetry.instrumentation")


@form(
    question=QUESTION,
    answer=ANSWER,
    route="tool",
    chunks=['{"temperature_range": {"high": 75, "low": 60}, "conditions": "sunny"}'],
)
def a_tools_record_is_a_chunk(trace):
    """The example of the GenAI convention, as a structured value."""
    weather = {"temperature_range": {"high": 75, "low": 60}, "conditions": "sunny"}
    trace.add(
        "execute_tool weather",
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": weather},
    )
    trace.chat(QUESTION, ANSWER)


@form(
    question=QUESTION,
    answer=ANSWER,
    chunks=["Rückgabe binnen 30 Tagen mit Beleg."],
    metadata=[{"db.query.text": "SELECT text FROM regeln WHERE id = $1"}],
)
def rows_of_a_decorated_query(trace):
    root = trace.add(
        "ask", {"question": QUESTION, "return": ANSWER}, scope="logfire", end_ns=10**10
    )
    fetch = trace.add(
        "fetch_rules",
        {"return": json.dumps([{"text": TEXTS[0]}])},
        scope="logfire",
        parent=root,
        end_ns=4 * 10**9,
    )
    trace.add(
        "SELECT",
        {"db.system.name": "postgresql", "db.query.text": "SELECT text FROM regeln WHERE id = $1"},
        parent=fetch,
        scope="opentelemetry.instrumentation.asyncpg",
    )
    trace.chat(QUESTION, ANSWER, parent=root)


@form(
    question=QUESTION,
    answer=ANSWER,
    rung="function_output",
    chunks=['{"frist": 30}', '{"frist": 14}'],
    metadata=[{"db.query.text": "SELECT frist FROM regeln"}] * 2,
)
def rows_without_text_that_a_function_returned_from_a_query(trace):
    root = trace.add(
        "ask.workflow",
        traceloop_entity("workflow", {"args": [QUESTION], "kwargs": {}}, ANSWER),
        end_ns=10**10,
    )
    fetch = trace.add(
        "rules.task",
        traceloop_entity(
            "task", {"args": [QUESTION], "kwargs": {}}, [{"frist": 30}, {"frist": 14}]
        ),
        parent=root,
        end_ns=4 * 10**9,
    )
    trace.add(
        "SELECT regeln",
        {"db.system": "postgresql", "db.statement": "SELECT frist FROM regeln"},
        parent=fetch,
    )
    chat_of(trace, parent=root)


@form(reason="the answer was cut on its way")
def an_answer_cut_right_behind_a_bracket(trace):
    message = json.dumps([{"role": "assistant", "parts": parts(ANSWER)}])
    sent = json.dumps([{"role": "user", "parts": parts(PROMPT)}])
    attributes = {"gen_ai.input.messages": sent, "gen_ai.output.messages": message[:-2]}
    trace.add("chat acme-chat", CHAT | attributes)


# MLflow, Haystack's own tracer, Laminar, Braintrust, Google ADK, Vercel AI


USER = [{"role": "user", "content": PROMPT}]


def mlflow(kind: str, sent: Any, returned: Any) -> dict[str, str]:
    return {
        "mlflow.spanType": json.dumps(kind),
        "mlflow.spanInputs": json.dumps(sent),
        "mlflow.spanOutputs": json.dumps(returned),
    }


@form(
    question=QUESTION, answer=ANSWER, tokens=(57, 14), session="s-1", served="acme-chat-7", **HELD
)
def mlflow_chain_retriever_and_call(trace):
    chain = mlflow("CHAIN", {"question": QUESTION}, ANSWER)
    root = trace.add("ask", {**chain, "mlflow.trace.session": "s-1"})
    documents = [
        {"page_content": t, "id": i, "metadata": {"score": s}}
        for i, s, t in zip(IDS, SCORES, TEXTS, strict=True)
    ]
    trace.add("search", mlflow("RETRIEVER", {"query": QUESTION}, documents), parent=root)
    sent = {"model": "acme-chat", "messages": [{"role": "user", "content": PROMPT}]}
    choice = {"message": {"role": "assistant", "content": ANSWER}}
    usage = {"prompt_tokens": 57, "completion_tokens": 14}
    returned = {"id": "r-1", "model": "acme-chat-7", "choices": [choice], "usage": usage}
    trace.add("Completions", mlflow("CHAT_MODEL", sent, returned), parent=root)


@form(question=QUESTION, answer=ANSWER, chunks=TEXTS, ids=IDS)
def haystack_pipeline_of_its_own_tracer(trace):
    root = trace.add(
        "haystack.pipeline.run",
        {
            "haystack.pipeline.input_data": json.dumps({"retriever": {"query": QUESTION}}),
            "haystack.pipeline.output_data": json.dumps({"llm": {"replies": [ANSWER]}}),
        },
    )
    documents = [{"id": i, "content": t, "score": 0.5} for i, t in zip(IDS, TEXTS, strict=True)]
    trace.add(
        "haystack.component.run",
        {
            "haystack.component.name": "retriever",
            "haystack.component.type": "InMemoryBM25Retriever",
            "haystack.component.outputs": json.dumps({"documents": "list"}),
            "haystack.component.input": json.dumps({"query": QUESTION}),
            "haystack.component.output": json.dumps({"documents": documents}),
        },
        parent=root,
    )
    trace.add(
        "haystack.component.run",
        {
            "haystack.component.name": "llm",
            "haystack.component.type": "OpenAIChatGenerator",
            "haystack.component.outputs": json.dumps({"replies": "list"}),
            "haystack.component.input": json.dumps({"messages": USER}),
            "haystack.component.output": json.dumps(
                {"replies": [{"role": "assistant", "content": ANSWER}]}
            ),
        },
        parent=root,
    )


@form(question=QUESTION, answer=ANSWER, session="s-1", user="u-1")
def laminar_function(trace):
    trace.add(
        "ask",
        {
            "lmnr.span.type": "DEFAULT",
            "lmnr.span.input": json.dumps({"question": QUESTION}),
            "lmnr.span.output": json.dumps(ANSWER),
            "lmnr.association.properties.session_id": "s-1",
            "lmnr.association.properties.user_id": "u-1",
        },
    )


@form(question=QUESTION, answer=ANSWER)
def braintrust_span(trace):
    trace.add(
        "ask",
        {
            "braintrust.input_json": json.dumps([{"role": "user", "content": QUESTION}]),
            "braintrust.output_json": json.dumps([{"role": "assistant", "content": ANSWER}]),
            "braintrust.metadata": json.dumps({"session_id": "s-1"}),
        },
    )


@form(question=QUESTION, answer=ANSWER, session="s-1", tokens=(114, 28), chunks=["30 Tage"])
def google_adk_agent_with_a_tool(trace):
    root = trace.add("invocation", scope="gcp.vertex.agent")
    shared = {"parent": root, "scope": "gcp.vertex.agent"}
    contents = [{"role": "user", "parts": [{"text": QUESTION}]}]
    call = {"parts": [{"function_call": {"name": "look_up"}}], "role": "model"}
    trace.add("call_llm", adk(contents, call), **shared)
    result = {"gcp.vertex.agent.tool_response": json.dumps({"result": "30 Tage"})}
    trace.add("execute_tool look_up", {"gen_ai.operation.name": "execute_tool", **result}, **shared)
    trace.add("call_llm", adk(contents, {"parts": [{"text": ANSWER}], "role": "model"}), **shared)


def adk(contents: Any, content: Any) -> dict[str, str]:
    usage = {"prompt_token_count": 57, "candidates_token_count": 14}
    return {
        "gcp.vertex.agent.llm_request": json.dumps({"model": "acme-chat", "contents": contents}),
        "gcp.vertex.agent.llm_response": json.dumps({"content": content, "usage_metadata": usage}),
        "gcp.vertex.agent.session_id": "s-1",
    }
