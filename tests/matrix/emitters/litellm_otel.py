# ruff: noqa: E402
import litellm
from corpus import MESSAGES, MODEL_URL, SESSION, USER
from litellm.integrations.opentelemetry import OpenTelemetry, OpenTelemetryConfig
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

otel = OpenTelemetry(OpenTelemetryConfig(exporter=OTLPSpanExporter()))
litellm.callbacks = [otel]
litellm.completion(
    model="openai/acme-chat",
    api_base=f"{MODEL_URL}/v1",
    api_key="none",
    messages=MESSAGES,
    user=USER,
    metadata={"session_id": SESSION},
)
import time

time.sleep(3)
from opentelemetry import trace

trace.get_tracer_provider().force_flush()
