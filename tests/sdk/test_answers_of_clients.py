"""Answers read from the real client libraries, called over HTTP against a stand-in server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.sdk.stand_in import ANSWER, MODEL, running

from groundwire import observe
from groundwire.reading.answers import read_answer
from groundwire.testing import CollectedSpan, CollectedSpans

pytestmark = [
    pytest.mark.needs("clients"),
    # The libraries warn about their own affairs.
    pytest.mark.filterwarnings("ignore"),
]
MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "How long do refunds take?"},
]
QUESTION = "How long do refunds take?"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE"):
        monkeypatch.setenv(f"{name}_API_KEY", "none")
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    monkeypatch.setenv("NO_PROXY", "*")


def check(span: CollectedSpan, *, tokens: bool = True, response_id: str | None = None) -> None:
    assert span.answer == ANSWER
    assert span.attributes["gen_ai.response.model"] == MODEL
    if tokens:
        assert span.attributes["gen_ai.usage.input_tokens"] == 11
        assert span.attributes["gen_ai.usage.output_tokens"] == 3
    if response_id:
        assert span.attributes["gen_ai.response.id"] == response_id


def drain(stream: Any) -> None:
    for _ in stream:
        pass


async def adrain(stream: Any) -> None:
    async for _ in stream:
        pass


def generation(call: Callable[..., Any]) -> Callable[..., Any]:
    return observe.generation(name="generate")(call)


def openai_client(server: str) -> Any:
    import openai

    return openai.OpenAI(base_url=f"{server}/v1", max_retries=0)


@pytest.mark.parametrize("logprobs", [False, True])
def test_an_openai_chat_completion_is_read(
    server: str, spans: CollectedSpans, logprobs: bool
) -> None:
    client = openai_client(server)
    create = generation(client.chat.completions.create)
    result = create(model="acme", messages=MESSAGES, logprobs=logprobs)
    assert result.choices[0].message.content == ANSWER
    span = spans.named("generate")
    check(span, response_id="chatcmpl-1")
    assert span.question == QUESTION
    assert span.attributes["gen_ai.request.model"] == "acme"
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert [m["role"] for m in span.attributes["gen_ai.input.messages"]] == ["system", "user"]
    if logprobs:
        assert span.attributes["groundwire.answer.logprob_mean"] == pytest.approx(-0.3)
        assert span.attributes["groundwire.answer.logprob_min"] == pytest.approx(-0.5)
        assert span.attributes["groundwire.answer.entropy"] == pytest.approx(0.5822, abs=1e-4)


@pytest.mark.parametrize("logprobs", [False, True])
def test_an_openai_chat_stream_is_read(server: str, spans: CollectedSpans, logprobs: bool) -> None:
    import openai

    client = openai_client(server)
    create = generation(client.chat.completions.create)
    stream = create(model="acme", messages=MESSAGES, stream=True, logprobs=logprobs)
    assert isinstance(stream, openai.Stream)
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == ANSWER
    span = spans.named("generate")
    check(span, response_id="chatcmpl-1")
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert span.attributes["gen_ai.request.stream"] is True
    if logprobs:
        assert span.attributes["groundwire.answer.logprob_min"] == pytest.approx(-0.5)


async def test_an_async_openai_chat_stream_is_read(server: str, spans: CollectedSpans) -> None:
    import openai

    async with openai.AsyncOpenAI(base_url=f"{server}/v1", max_retries=0) as client:

        @observe.generation
        async def generate(question: str) -> Any:
            return await client.chat.completions.create(
                model="acme", messages=MESSAGES, stream=True
            )

        async with await generate(QUESTION) as stream:
            await adrain(stream)
    check(spans.all[0], response_id="chatcmpl-1")


def test_an_openai_stream_closed_early_is_marked(server: str, spans: CollectedSpans) -> None:
    client = openai_client(server)
    stream = generation(client.chat.completions.create)(
        model="acme", messages=MESSAGES, stream=True
    )
    next(stream)
    stream.close()
    span = spans.named("generate")
    assert span.status == "UNSET"
    assert span.attributes["groundwire.stream.closed_early"] is True


@pytest.mark.parametrize("stream", [False, True])
def test_an_openai_response_is_read(server: str, spans: CollectedSpans, stream: bool) -> None:
    client = openai_client(server)
    result = generation(client.responses.create)(model="acme", input=QUESTION, stream=stream)
    if stream:
        drain(result)
    span = spans.named("generate")
    check(span, response_id="resp-1")
    assert span.question == QUESTION


@pytest.mark.parametrize("stream", [False, True])
def test_an_anthropic_message_is_read(server: str, spans: CollectedSpans, stream: bool) -> None:
    import anthropic

    client = anthropic.Anthropic(base_url=server, max_retries=0)
    result = generation(client.messages.create)(
        model="acme", max_tokens=10, messages=MESSAGES[1:], stream=stream
    )
    if stream:
        drain(result)
    span = spans.named("generate")
    check(span, response_id="msg-1")
    assert span.question == QUESTION
    assert span.attributes["gen_ai.response.finish_reasons"] == ["end_turn"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_litellm_response_is_read(
    server: str, spans: CollectedSpans, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import litellm

    result = generation(litellm.completion)(
        model="openai/acme",
        messages=MESSAGES,
        api_base=f"{server}/v1",
        stream=stream,
        stream_options={"include_usage": True} if stream else None,
    )
    if stream:
        drain(result)
    span = spans.named("generate")
    assert span.answer == ANSWER
    assert span.question == QUESTION
    assert span.attributes["gen_ai.request.model"] == "openai/acme"


@pytest.mark.parametrize("stream", [False, True])
def test_a_google_response_is_read(server: str, spans: CollectedSpans, stream: bool) -> None:
    from google import genai

    client = genai.Client(api_key="none", http_options={"base_url": server})
    models = client.models
    call = models.generate_content_stream if stream else models.generate_content
    result = generation(call)(model="acme", contents=QUESTION)
    if stream:
        drain(result)
    span = spans.named("generate")
    check(span, response_id="goog-1")
    assert span.attributes["gen_ai.response.finish_reasons"] == ["STOP"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_ollama_response_is_read(server: str, spans: CollectedSpans, stream: bool) -> None:
    import ollama

    client = ollama.Client(host=server)
    result = generation(client.chat)(model="acme", messages=MESSAGES, stream=stream)
    if stream:
        drain(result)
    span = spans.named("generate")
    check(span)
    assert span.question == QUESTION
    assert span.attributes["gen_ai.response.finish_reasons"] == ["stop"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_langchain_message_is_read(server: str, spans: CollectedSpans, stream: bool) -> None:
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="acme", base_url=f"{server}/v1", stream_usage=True, max_retries=0)
    messages = [SystemMessage("Be brief."), HumanMessage(QUESTION)]
    result = generation(model.stream if stream else model.invoke)(messages)
    if stream:
        drain(result)
    span = spans.named("generate")
    check(span)
    assert span.question == QUESTION


def test_a_llama_index_response_is_read(spans: CollectedSpans) -> None:
    from llama_index.core.base.llms.types import ChatMessage
    from llama_index.core.base.response.schema import Response
    from llama_index.core.llms import MockLLM

    @observe.generation(name="chat")
    def chat(question: str) -> Any:
        return MockLLM().chat([ChatMessage(role="user", content=question)])

    @observe.generation(name="complete")
    def complete(question: str) -> Any:
        return MockLLM().complete(question)

    @observe.generation(name="stream")
    def stream(question: str) -> Any:
        return MockLLM(max_tokens=3).stream_complete(question)

    @observe(name="query")
    def query(question: str) -> Any:
        return Response(response=ANSWER)

    assert QUESTION in str(chat(QUESTION))
    assert complete(QUESTION).text == QUESTION
    drain(stream(QUESTION))
    query(QUESTION)
    assert QUESTION in (spans.named("chat").answer or "")
    assert spans.named("complete").answer == QUESTION
    assert spans.named("stream").answer
    assert spans.named("query").answer == ANSWER


def test_a_haystack_generator_is_read(server: str, spans: CollectedSpans) -> None:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage

    generator = OpenAIChatGenerator(model="acme", api_base_url=f"{server}/v1")

    @observe.generation(name="generate")
    def generate(messages: Any) -> Any:
        return generator.run(messages=messages)

    generate([ChatMessage.from_user(QUESTION)])
    span = spans.named("generate")
    assert span.answer == ANSWER
    assert span.question == QUESTION


@pytest.mark.parametrize(
    ("usage", "reported"),
    [
        (
            {
                "prompt_tokens": 90,
                "completion_tokens": 30,
                "prompt_tokens_details": {"cached_tokens": 64},
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            (90, 30, 64, 20),
        ),
        (
            {"input_tokens": 10, "output_tokens": 30, "cache_read_input_tokens": 64},
            (74, 30, 64, None),
        ),
        (
            {
                "prompt_token_count": 90,
                "candidates_token_count": 10,
                "cached_content_token_count": 64,
                "thoughts_token_count": 20,
            },
            (90, 30, 64, 20),
        ),
    ],
)
def test_cached_and_reasoning_tokens_are_parts_of_input_and_output(
    usage: dict[str, Any], reported: tuple[int | None, ...]
) -> None:
    answer = read_answer({"content": "Yes.", "usage": usage})
    assert answer is not None
    assert reported == (
        answer.input_tokens,
        answer.output_tokens,
        answer.cached_tokens,
        answer.reasoning_tokens,
    )
