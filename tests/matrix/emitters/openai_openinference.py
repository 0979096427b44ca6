from corpus import CHUNKS, MESSAGES, QUESTION, SESSION, USER, client, provider
from openinference.instrumentation import OITracer, TraceConfig, using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from openinference.semconv.trace import DocumentAttributes, SpanAttributes

exporting = provider()
OpenAIInstrumentor().instrument(tracer_provider=exporting)
tracer = OITracer(exporting.get_tracer("bot"), config=TraceConfig())
model = client()


def retrieve():
    name = SpanAttributes.RETRIEVAL_DOCUMENTS
    with tracer.start_as_current_span("retrieve", openinference_span_kind="retriever") as span:
        span.set_input(QUESTION)
        for rank, chunk in enumerate(CHUNKS):
            prefix = f"{name}.{rank}"
            span.set_attribute(f"{prefix}.{DocumentAttributes.DOCUMENT_ID}", chunk["id"])
            span.set_attribute(f"{prefix}.{DocumentAttributes.DOCUMENT_CONTENT}", chunk["text"])
            span.set_attribute(f"{prefix}.{DocumentAttributes.DOCUMENT_SCORE}", chunk["score"])


def ask(stream):
    with tracer.start_as_current_span("ask", openinference_span_kind="chain") as span:
        span.set_input(QUESTION)
        retrieve()
        usage = {"stream_options": {"include_usage": True}} if stream else {}
        answer = model.chat.completions.create(
            model="acme-chat", messages=MESSAGES, stream=stream, **usage
        )
        if not stream:
            span.set_output(answer.choices[0].message.content)
            return
        pieces = [c.choices[0].delta.content or "" for c in answer if c.choices]
        span.set_output("".join(pieces))


with using_attributes(session_id=SESSION, user_id=USER, prompt_template_version="v3"):
    ask(stream=False)
    ask(stream=True)
exporting.shutdown()
