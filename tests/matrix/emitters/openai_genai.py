"""The official instrumentor, in the content mode that the environment says."""

import json

from corpus import CHUNKS, MESSAGES, QUESTION, SESSION, client, provider
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

exporting = provider()
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(logs)
OpenAIInstrumentor().instrument(tracer_provider=exporting, logger_provider=logs)
tracer = exporting.get_tracer("bot")
model = client()


def ask(stream):
    with tracer.start_as_current_span("POST /ask") as request:
        request.set_attribute("session.id", SESSION)
        with tracer.start_as_current_span("retrieval policies") as span:
            documents = [{**chunk, "content": chunk["text"]} for chunk in CHUNKS]
            span.set_attribute("gen_ai.operation.name", "retrieval")
            span.set_attribute("gen_ai.retrieval.query.text", QUESTION)
            span.set_attribute("gen_ai.retrieval.documents", json.dumps(documents))
        usage = {"stream_options": {"include_usage": True}} if stream else {}
        answer = model.chat.completions.create(
            model="acme-chat", messages=MESSAGES, stream=stream, **usage
        )
        if stream:
            list(answer)


ask(stream=False)
ask(stream=True)
logs.shutdown()
exporting.shutdown()
