"""Recorded exports as the spans that the worker gets: received, stored, and read back."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from sqlalchemy import Engine

from groundwire_collector.assembly.turns import assemble_all
from groundwire_collector.receiver import blocks
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.settings import Settings
from groundwire_collector.storage.encoding import _any_value, _key_values, message_of
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.span import Span, SpanEvent
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_evaluators.turn import Turn

CAPTURES = Path(__file__).parents[2] / "captures"
DECODERS = {".pb": (blocks.trace_blocks, blocks.log_blocks)}
DECODERS[".json"] = (blocks.json_trace_blocks, blocks.json_log_blocks)
Traces = dict[str, list[Span]]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite store: copying it is faster than making one."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("blank"))
    engine = open_engine(settings)
    make_schema(engine)
    engine.dispose()
    return settings.sqlite_path


@pytest.fixture
def engine(blank: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copy(blank, tmp_path)
    engine = open_engine(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def capture(engine: Engine) -> Callable[[str], Traces]:
    """The traces of a folder of tests/captures, by trace id."""

    def read(name: str) -> Traces:
        store, admission = SpanStore(engine), Validator(longest=2**20)
        access = Access(key_id="test")
        trace_ids: set[str] = set()
        for path in sorted((CAPTURES / name).iterdir()):
            if path.suffix not in DECODERS or path.name == "meta.json":
                continue
            traces, logs = DECODERS[path.suffix]
            if path.name.startswith("logs"):
                store.write([], admission.logs(logs(path.read_bytes()), access).logs)
            else:
                spans = admission.spans(traces(path.read_bytes()), access).spans
                trace_ids |= {span.trace_id.hex() for span in spans}
                store.write(spans)
        with engine.connect() as connection:
            return spans_of(connection, sorted(trace_ids))

    return read


@pytest.fixture
def ground_truth() -> Callable[[str], dict[str, Any]]:
    return lambda name: json.loads((CAPTURES / name / "meta.json").read_text())["ground_truth"]


@dataclass
class TraceBuilder:
    """Spans of one trace in the order they begin: one a second, each a second long."""

    trace_id: str = "a" * 32
    spans: list[Span] = field(default_factory=list)
    logs: list[LogMessage] = field(default_factory=list)

    def add(
        self,
        name: str,
        attributes: dict[str, Any] | None = None,
        *,
        parent: Span | str | None = None,
        events: Sequence[SpanEvent] = (),
        **fields: Any,
    ) -> Span:
        start = (len(self.spans) + 1) * 1_000_000_000
        defaults = {"start_ns": start, "end_ns": start + 1_000_000_000, "service": "bot"}
        span = Span(
            trace_id=self.trace_id,
            span_id=self.span_id(len(self.spans) + 1),
            parent_span_id=parent.span_id if isinstance(parent, Span) else parent,
            name=name,
            attributes=attributes or {},
            events=tuple(events),
            **{**defaults, **fields},
        )
        self.spans.append(span)
        return span

    def span_id(self, number: int) -> str:
        """Numbers from 1; of another trace than the usual one they begin with its first digit."""
        return f"{0 if self.trace_id[0] == 'a' else self.trace_id[0]}{number:015x}"

    def retrieval(self, query: str, *texts: str, **fields: Any) -> Span:
        documents = [{"id": f"d{i}", "content": text} for i, text in enumerate(texts)]
        return self.add(
            "retrieval",
            {
                "gen_ai.operation.name": "retrieval",
                "gen_ai.retrieval.query.text": query,
                "gen_ai.retrieval.documents": json.dumps(documents),
            },
            **fields,
        )

    def chat(self, prompt: str | list[tuple[str, str]], answer: str | None, **fields: Any) -> Span:
        """A model call in the latest OpenTelemetry GenAI form; `answer` None calls a tool."""
        sent = [("user", prompt)] if isinstance(prompt, str) else prompt
        part = {"type": "text", "content": answer} if answer else {"type": "tool_call", "name": "t"}
        extra = fields.pop("attributes", {})
        return self.add(
            "chat",
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "acme-chat",
                "gen_ai.input.messages": json.dumps(
                    [{"role": r, "parts": [{"type": "text", "content": t}]} for r, t in sent]
                ),
                "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [part]}]),
                **extra,
            },
            **fields,
        )

    def log(
        self,
        name: str,
        span: Span | None,
        *,
        attributes: dict[str, Any] | None = None,
        body: Any = None,
    ) -> None:
        """A log record that is an event; it names `span`, where that is not None."""
        message = LogMessage(event_name=name, time_unix_nano=len(self.logs) + 1)
        message.attributes.extend(_key_values(attributes or {}))
        if body is not None:
            message.body.CopyFrom(_any_value(body))
        if span is not None:
            message.trace_id = bytes.fromhex(span.trace_id)
            message.span_id = bytes.fromhex(span.span_id)
        self.logs.append(message)


@pytest.fixture
def send() -> Callable[..., None]:
    """Let traces and their logs come to a store as the bytes of OTLP requests."""

    def take_in(engine: Engine, *traces: TraceBuilder) -> None:
        store, admission = SpanStore(engine), Validator(longest=2**20)
        access = Access(key_id="test")
        for trace in traces:
            spans = admission.spans(blocks.trace_blocks(_trace_body(trace)), access).spans
            logs = admission.logs(blocks.log_blocks(_log_body(trace)), access).logs
            store.write(spans, logs)

    return take_in


@pytest.fixture
def delivered(engine: Engine, send: Callable[..., None]) -> Callable[..., list[Turn]]:
    """The turns of traces that came as the bytes of OTLP requests."""

    def deliver(*traces: TraceBuilder) -> list[Turn]:
        send(engine, *traces)
        with engine.connect() as connection:
            return assemble_all(spans_of(connection, [trace.trace_id for trace in traces]))

    return deliver


def _trace_body(trace: TraceBuilder) -> bytes:
    request = ExportTraceServiceRequest()
    for span in trace.spans:
        message, origin = message_of(span)
        origin.scope_spans[0].spans.append(message)
        request.resource_spans.append(origin)
    return request.SerializeToString()


def _log_body(trace: TraceBuilder) -> bytes:
    request = ExportLogsServiceRequest()
    block = request.resource_logs.add()
    service = KeyValue(key="service.name", value=AnyValue(string_value="bot"))
    block.resource.attributes.append(service)
    block.scope_logs.add().log_records.extend(trace.logs)
    return request.SerializeToString()


@pytest.fixture
def trace() -> TraceBuilder:
    return TraceBuilder()


@pytest.fixture
def other() -> TraceBuilder:
    return TraceBuilder(trace_id="b" * 32)


@pytest.fixture
def third() -> TraceBuilder:
    return TraceBuilder(trace_id="c" * 32)
