import json
import os

os.environ["BRAINTRUST_API_URL"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/api/public/"
os.environ["BRAINTRUST_API_KEY"] = os.environ["GATEWAY_KEY"]
os.environ["BRAINTRUST_PARENT"] = "project_name:matrix"

from braintrust.otel import BraintrustSpanProcessor
from corpus import MESSAGES, QUESTION, client
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

exporting = TracerProvider()
exporting.add_span_processor(BraintrustSpanProcessor())
trace.set_tracer_provider(exporting)
tracer = trace.get_tracer("app")
with tracer.start_as_current_span("ask") as ask:
    ask.set_attribute("braintrust.input_json", json.dumps({"question": QUESTION}))
    with tracer.start_as_current_span("model") as call:
        done = client().chat.completions.create(model="acme-chat", messages=MESSAGES)
        text = done.choices[0].message.content
        answer = [{"role": "assistant", "content": text}]
        used = {
            "prompt_tokens": done.usage.prompt_tokens,
            "completion_tokens": done.usage.completion_tokens,
        }
        call.set_attribute("braintrust.span_attributes", json.dumps({"type": "llm"}))
        call.set_attribute("braintrust.input_json", json.dumps(MESSAGES))
        call.set_attribute("braintrust.output_json", json.dumps(answer))
        call.set_attribute("braintrust.metadata", json.dumps({"model": "acme-chat"}))
        call.set_attribute("braintrust.metrics", json.dumps(used))
    ask.set_attribute("braintrust.output_json", json.dumps({"answer": text}))
exporting.shutdown()
