"""An application that was instrumented by others, and only changed the endpoint."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

pytestmark = [
    pytest.mark.needs("openinference"),
    # Of the instrumented libraries, not of ours.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

TEXTS = (
    "A hotel room may cost up to 190 euros a night.",
    "A dinner may cost up to 45 euros a person.",
)
QUESTION = "How much may a hotel room cost?"
SUPPORTED = "A hotel room may cost up to 190 euros a night."
INVENTED = "Journeys in Poland use the Silver Card, whose discount of 75 percent ended in 2018."
ANSWER = f"{SUPPORTED} {INVENTED}"


@pytest.fixture
def provider(collector: Any) -> Iterator[TracerProvider]:
    from openinference.instrumentation.langchain import LangChainInstrumentor

    exporter = OTLPSpanExporter(
        endpoint=f"{collector.url}/v1/traces",
        headers={"authorization": "Bearer gw_end_to_end"},
    )
    provider = TracerProvider(resource=Resource({"service.name": "langchain-bot"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    instrumentor = LangChainInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    yield provider
    instrumentor.uninstrument()
    provider.shutdown()


def ask(question: str) -> str:
    """A chain as langchain-core's documentation builds it, with its fake model."""
    from langchain_core.documents import Document
    from langchain_core.language_models.fake_chat_models import FakeListChatModel
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnablePassthrough

    class Handbook(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
            return [Document(page_content=text, metadata={"page": text[:8]}) for text in TEXTS]

    prompt = ChatPromptTemplate.from_template("Passages: {context}\nQuestion: {question}")
    model = FakeListChatModel(responses=[ANSWER])
    inputs = {"context": Handbook(), "question": RunnablePassthrough()}
    answer: str = (inputs | prompt | model | StrOutputParser()).invoke(question)
    return answer


def test_langchain_under_openinference_becomes_a_judged_turn(
    collector: Any, provider: TracerProvider, wait_for: Callable[..., Any]
) -> None:
    assert ask(QUESTION) == ANSWER
    assert provider.force_flush()

    def turns() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = collector.get("/api/v1/turns").json()["turns"]
        return found

    [listed] = wait_for(turns, "the turn")
    turn = collector.get(f"/api/v1/turns/{listed['id']}").json()
    assert turn["service"] == "langchain-bot"
    assert turn["question"] == QUESTION
    assert [chunk["text"] for chunk in turn["chunks"]] == list(TEXTS)
    assert turn["answer"] == ANSWER
    verdicts = {c["text"]: c["verdict"] for c in turn["claims"] if c["evaluator"] == "grounding"}
    assert verdicts == {SUPPORTED: "supported", INVENTED: "unsupported"}
    page = collector.get(f"/turns/{listed['id']}").text
    assert '<mark class="supported c1">' in page
    assert '<mark class="unsupported c2">' in page
