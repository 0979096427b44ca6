import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["HAYSTACK_CONTENT_TRACING_ENABLED"] = "true"

from corpus import CHUNKS, MODEL_URL, QUESTION, provider
from haystack import Document, Pipeline, tracing
from haystack.components.builders import ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import Secret
from haystack_integrations.tracing.opentelemetry import OpenTelemetryTracer
from opentelemetry import trace

exporting = provider()
tracing.enable_tracing(OpenTelemetryTracer(trace.get_tracer("haystack")))
store = InMemoryDocumentStore()
store.write_documents(
    [Document(id=c["id"], content=c["text"], embedding=[c["score"], 0.1]) for c in CHUNKS]
)
template = [
    ChatMessage.from_user(
        "Context:\n{% for d in documents %}{{ d.content }}\n{% endfor %}\nQuestion: {{ question }}"
    )
]
pipeline = Pipeline()
pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=3))
pipeline.add_component("prompt", ChatPromptBuilder(template, required_variables="*"))
pipeline.add_component(
    "model",
    OpenAIChatGenerator(
        api_key=Secret.from_token("none"), model="acme-chat", api_base_url=f"{MODEL_URL}/v1"
    ),
)
pipeline.connect("retriever.documents", "prompt.documents")
pipeline.connect("prompt.prompt", "model.messages")
pipeline.run({"retriever": {"query_embedding": [1.0, 0.0]}, "prompt": {"question": QUESTION}})
exporting.shutdown()
