"""Real clients, really instrumented, against a stand-in model server on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from groundwire_collector.assembly.turns import assemble_all
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_evaluators.turn import Route

pytestmark = pytest.mark.needs("clients")

STAND_IN = Path(__file__).parents[2] / "matrix" / "standin.py"
QUESTION = "How long do I have to return an item?"
ANSWER = "You have 30 days from the date of purchase, with a receipt."
TEXTS = ("Refunds are accepted within 30 days of purchase.", "Gift cards cannot be refunded.")


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    command = [sys.executable, str(STAND_IN)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().strip() + "/v1"
        server.terminate()


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter) -> Iterator[TracerProvider]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


@pytest.fixture
def turns(exporter, engine):
    """The turns of everything exported so far: encoded, received, stored, read back, assembled."""

    def read():
        body = encode_spans(exporter.get_finished_spans()).SerializeToString()
        admitted = Validator(longest=2**20).spans(blocks.trace_blocks(body), Access(key_id="test"))
        SpanStore(engine).write(admitted.spans)
        ids = sorted({span.trace_id.hex() for span in admitted.spans})
        with engine.connect() as connection:
            traces = spans_of(connection, ids)
        return assemble_all(traces)

    return read


@pytest.fixture
def langchain(provider, model_url):
    """A chain that retrieves, fills a prompt and asks the stand-in."""
    from langchain_core.documents import Document
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda, RunnablePassthrough
    from openai import OpenAI
    from openinference.instrumentation.langchain import LangChainInstrumentor

    class Handbook(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [
                Document(id=f"d{i}", page_content=text, metadata={"score": 0.9 - i / 10})
                for i, text in enumerate(TEXTS)
            ]

    def ask_model(prompt):
        names = {"human": "user", "system": "system"}
        messages = [{"role": names[m.type], "content": m.content} for m in prompt.to_messages()]
        client = OpenAI(base_url=model_url, api_key="none")
        answer = client.chat.completions.create(model="acme-chat", messages=messages)
        return answer.choices[0].message.content

    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    joined = RunnableLambda(lambda found: "\n".join(d.page_content for d in found))
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Answer from the context."), ("user", "{context}\n\nQuestion: {question}")]
    )
    provided = {"context": Handbook() | joined, "question": RunnablePassthrough()}
    yield provided | prompt | RunnableLambda(ask_model) | StrOutputParser()
    instrumentor.uninstrument()


@pytest.fixture
def openai_client(provider, model_url):
    from openai import OpenAI
    from openinference.instrumentation.openai import OpenAIInstrumentor

    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield OpenAI(base_url=model_url, api_key="none")
    instrumentor.uninstrument()


def test_a_langchain_chain_with_an_untraced_model_is_a_turn(langchain, turns):
    assert langchain.invoke(QUESTION) == ANSWER
    (turn,) = turns()
    assert (turn.question, turn.answer) == (QUESTION, ANSWER)
    assert [(c.id, c.text, c.score) for c in turn.chunks] == [
        ("d0", TEXTS[0], 0.9),
        ("d1", TEXTS[1], 0.8),
    ]


def test_a_langchain_chain_over_the_openai_client_is_one_turn(langchain, openai_client, turns):
    # LangChain's callbacks do not carry OpenTelemetry's context: the call is a trace of its own.
    assert langchain.invoke(QUESTION) == ANSWER
    (turn,) = turns()
    assert (turn.question, turn.answer) == (QUESTION, ANSWER)
    assert [chunk.text for chunk in turn.chunks] == list(TEXTS)
    assert (turn.model, turn.response_model) == ("acme-chat", "acme-chat-2026-05-01")
    assert (turn.input_tokens, turn.output_tokens) == (57, 14)
    assert turn.not_evaluable_reason is None


def test_answers_of_a_langchain_batch_are_turns_of_their_own(langchain, openai_client, turns):
    langchain.batch([QUESTION, "And gift cards?"])
    assert sorted(turn.question for turn in turns()) == ["And gift cards?", QUESTION]


def test_a_bare_openai_call_is_a_turn_without_retrieval(openai_client, turns):
    openai_client.chat.completions.create(
        model="acme-chat", messages=[{"role": "user", "content": QUESTION}]
    )
    (turn,) = turns()
    assert (turn.question, turn.answer, turn.route) == (QUESTION, ANSWER, Route.PARAMETRIC)
    assert turn.response_id == "chatcmpl-fixture-1"


def test_a_streamed_openai_answer_is_whole(openai_client, turns):
    stream = openai_client.chat.completions.create(
        model="acme-chat",
        messages=[{"role": "user", "content": QUESTION}],
        stream=True,
        stream_options={"include_usage": True},
    )
    assert "".join(c.choices[0].delta.content or "" for c in stream if c.choices) == ANSWER
    (turn,) = turns()
    assert turn.answer == ANSWER
    assert (turn.input_tokens, turn.output_tokens) == (57, 14)


def test_a_failed_openai_call_is_no_turn(openai_client, turns):
    import openai

    with pytest.raises(openai.InternalServerError):
        openai_client.with_options(max_retries=0).chat.completions.create(
            model="acme-error", messages=[{"role": "user", "content": QUESTION}]
        )
    assert turns() == []


def test_an_embedding_is_no_turn(openai_client, turns):
    openai_client.embeddings.create(model="acme-embed", input=list(TEXTS))
    assert turns() == []
