import os

os.environ.setdefault(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + "/v1/traces"
)
os.environ.setdefault("MLFLOW_TRACKING_URI", os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"])
os.environ.setdefault("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
import mlflow
from corpus import CHUNKS, MESSAGES, QUESTION, SESSION, USER, client
from mlflow.entities import Document, SpanType

mlflow.openai.autolog()


@mlflow.trace(span_type=SpanType.RETRIEVER)
def search(query):
    return [
        Document(
            page_content=c["text"], id=c["id"], metadata={"doc_uri": c["id"], "score": c["score"]}
        )
        for c in CHUNKS
    ]


@mlflow.trace(span_type=SpanType.CHAIN)
def ask(question):
    mlflow.update_current_trace(
        metadata={"mlflow.trace.session": SESSION, "mlflow.trace.user": USER}
    )
    search(question)
    done = client().chat.completions.create(model="acme-chat", messages=MESSAGES)
    return done.choices[0].message.content


ask(QUESTION)
