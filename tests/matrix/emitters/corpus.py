"""What every emitter asks, retrieves and sends, and where to."""

import os

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

QUESTION = "How long do I have to return an item?"
CHUNKS = [
    {
        "id": "policy-0001",
        "text": "Refunds are accepted within 30 days of purchase with a receipt.",
        "score": 0.91,
    },
    {
        "id": "policy-0002",
        "text": "Gift cards cannot be refunded or exchanged for cash.",
        "score": 0.77,
    },
    {"id": "hours-0001", "text": "Our stores open at 9am on weekdays.", "score": 0.42},
]
SYSTEM = "Answer only from the context."
CONTEXT = "\n".join(chunk["text"] for chunk in CHUNKS)
PROMPT = f"Context:\n{CONTEXT}\n\nQuestion: {QUESTION}"
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
MODEL_URL = os.environ["MODEL_URL"]
SESSION, USER = "sess-42", "user-7"


def provider() -> TracerProvider:
    """The global provider; where it sends to is in OTEL_EXPORTER_OTLP_*."""
    made = TracerProvider()
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(made)
    return made


def client():
    from openai import OpenAI

    return OpenAI(base_url=f"{MODEL_URL}/v1", api_key="none")
