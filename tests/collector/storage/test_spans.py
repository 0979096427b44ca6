import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from sqlalchemy import Engine, delete, func, select, update

from groundwire_collector.settings import Settings
from groundwire_collector.storage.encoding import message_of
from groundwire_collector.storage.engine import open_engine
from groundwire_collector.storage.records import LogRecord, log_record, span_record
from groundwire_collector.storage.shared_texts import forget_deleted
from groundwire_collector.storage.span import Span, SpanEvent
from groundwire_collector.storage.spans import SpanStore, arrivals, spans_of
from groundwire_collector.storage.tables.spans import CONTENT, SPAN

TRACE, OTHER_TRACE = "ab" * 16, "cd" * 16
CHUNK = "Refunds are paid within fourteen days of the return. " * 8


def a_span(span_id: str = "1" * 16, **fields: Any) -> Span:
    provided = {"trace_id": TRACE, "service": "shop", "start_ns": 10, "end_ns": 20, **fields}
    return Span(span_id=span_id, **provided)


def a_log(span_id: str = "1" * 16, body: str = "hello", time_ns: int = 15) -> LogRecord:
    message = LogMessage(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(span_id),
        event_name="gen_ai.choice",
        time_unix_nano=time_ns,
        body=AnyValue(string_value=body),
    )
    _, origin = message_of(a_span())
    return log_record(message, "shop", origin.SerializeToString())


def read(engine: Engine, *traces: str) -> list[Span]:
    with engine.connect() as connection:
        found = spans_of(connection, traces or [TRACE])
    return [span for spans in found.values() for span in spans]


def news(engine: Engine, after: int = 0) -> list[str]:
    with engine.connect() as connection:
        return [arrival.trace_id for arrival in arrivals(connection, after, 100)]


def count_texts(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(CONTENT)) or 0


def test_a_span_comes_back_as_it_was_stored(engine: Engine) -> None:
    documents = [{"id": "a", "content": CHUNK}, {"id": "b", "content": "short"}]
    span = a_span(
        parent_span_id="2" * 16,
        name="retrieve",
        kind=3,
        status=2,
        status_message="no",
        attributes={
            "documents": json.dumps(documents),
            "structured": documents,
            "text": CHUNK,
            "number": 7,
            "share": 0.5,
            "yes": True,
            "nothing": None,
            "nul": "a\0b",
        },
        events=(SpanEvent(name="found", time_ns=12, attributes={"text": CHUNK * 2}),),
        resource={"service.name": "shop", "host.name": "x"},
        scope="groundwire",
        scope_version="1",
        dropped_attributes=3,
    )
    assert SpanStore(engine).add([span]) == 1
    assert read(engine) == [span]


def test_a_span_that_is_sent_again_changes_nothing(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(name="first")])
    assert store.add([a_span(name="second"), a_span(name="third")]) == 0
    assert [span.name for span in read(engine)] == ["first"]
    assert news(engine) == [TRACE]


def test_an_ended_span_comes_for_one_that_had_not_ended_and_is_news(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(name="open", end_ns=0)])
    assert store.add([a_span(name="ended")]) == 1
    store.add([a_span(name="open again", end_ns=0)])
    assert [span.name for span in read(engine)] == ["ended"]
    assert news(engine) == [TRACE, TRACE]


def test_an_ended_span_wins_inside_one_request_too(engine: Engine) -> None:
    SpanStore(engine).add([a_span(name="open", end_ns=0), a_span(name="ended"), a_span(name="x")])
    assert [span.name for span in read(engine)] == ["ended"]


def test_only_the_service_that_wrote_a_span_may_replace_it(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(name="ours", end_ns=0)])
    assert store.add([a_span(name="theirs", service="intruder")]) == 0
    assert [span.name for span in read(engine)] == ["ours"]


def test_news_of_a_trace_come_once_a_commit_and_say_whether_it_closes(engine: Engine) -> None:
    store = SpanStore(engine)
    child = a_span("2" * 16, parent_span_id="1" * 16)
    store.add([child, a_span("3" * 16, parent_span_id="1" * 16)])
    store.add([a_span(attributes={"groundwire.answer_complete": True})])
    with engine.connect() as connection:
        first, second = arrivals(connection, 0, 10)
        assert arrivals(connection, first.seq, 10) == [second]
        assert arrivals(connection, 0, 1) == [first]
    assert (first.closes, first.complete) == (False, False)
    assert (second.closes, second.complete) == (True, True)


def test_a_span_with_a_remote_parent_closes_its_local_trace(engine: Engine) -> None:
    message, origin = message_of(a_span(parent_span_id="9" * 16))
    message.flags = 0x300
    SpanStore(engine).write([span_record(message, "shop", origin.SerializeToString())])
    with engine.connect() as connection:
        assert arrivals(connection, 0, 10)[0].closes


def test_log_records_are_events_of_the_span_they_name(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(events=(SpanEvent(name="own", time_ns=11),))])
    store.write([], [a_log(body="late", time_ns=18), a_log(body="early", time_ns=12)])
    (span,) = read(engine)
    assert [(event.name, event.body) for event in span.events] == [
        ("own", None),
        ("gen_ai.choice", "early"),
        ("gen_ai.choice", "late"),
    ]
    assert news(engine) == [TRACE, TRACE]


def test_a_log_record_that_is_sent_again_changes_nothing(engine: Engine) -> None:
    store = SpanStore(engine)
    store.write([], [a_log(), a_log()])
    store.write([], [a_log()])
    (carrier,) = read(engine)
    assert len(carrier.events) == 1
    assert news(engine) == [TRACE]


def test_log_records_of_a_span_that_never_came_have_a_carrier(engine: Engine) -> None:
    SpanStore(engine).write([], [a_log(body=CHUNK, time_ns=15)])
    (carrier,) = read(engine)
    assert (carrier.span_id, carrier.service, carrier.name) == ("1" * 16, "shop", "")
    assert (carrier.start_ns, carrier.end_ns) == (15, 0)
    assert carrier.events[0].body == CHUNK


def test_a_chunk_that_recurs_is_stored_once(engine: Engine) -> None:
    documents = json.dumps([{"id": "a", "content": CHUNK}])
    for number, store in enumerate([SpanStore(engine), SpanStore(engine)]):
        trace = f"{number + 1:032x}"
        store.add([a_span(trace_id=trace, attributes={"documents": documents, "also": CHUNK})])
    assert count_texts(engine) == 2  # the chunk, and the resource with its scope


def test_a_writer_stores_a_text_again_after_it_was_deleted_elsewhere(engine: Engine) -> None:
    store = SpanStore(engine)
    store.add([a_span(attributes={"text": CHUNK})])
    with engine.begin() as connection:
        connection.execute(delete(SPAN))
        connection.execute(delete(CONTENT))
        forget_deleted(connection)
    store.add([a_span(trace_id=OTHER_TRACE, attributes={"text": CHUNK})])
    assert read(engine, OTHER_TRACE)[0].attributes["text"] == CHUNK


def test_a_row_that_cannot_be_read_does_not_hide_the_others(engine: Engine) -> None:
    SpanStore(engine).add([a_span(), a_span("2" * 16, name="good")])
    with engine.begin() as connection:
        broken = update(SPAN).where(SPAN.c.span_id == bytes.fromhex("1" * 16))
        connection.execute(broken.values(body=b"\x01garbage"))
    assert [span.name for span in read(engine)] == ["good"]


def test_a_commit_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    store = SpanStore(engine)
    with pytest.raises(OverflowError if engine.dialect.name == "sqlite" else Exception):
        store.add([a_span(), a_span("2" * 16, start_ns=2**63)])
    assert read(engine) == []
    assert store.add([a_span(attributes={"text": CHUNK})]) == 1
    assert read(engine)[0].attributes["text"] == CHUNK


def test_a_reader_that_follows_the_stream_misses_nothing_of_several_writers(
    settings: Settings, engine: Engine
) -> None:
    def write(writer: int) -> None:
        own = open_engine(settings)
        store = SpanStore(own)
        for number in range(20):
            store.add([a_span(trace_id=f"{writer:016x}{number + 1:016x}")])
        own.dispose()

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, number) for number in (1, 2, 3)]
        position, seen = 0, list[str]()
        while not all(writer.done() for writer in writers) or news(engine, position):
            with engine.connect() as connection:
                for arrival in arrivals(connection, position, 7):
                    seen.append(arrival.trace_id)
                    position = arrival.seq
    assert all(writer.exception() is None for writer in writers)
    assert len(seen) == len(set(seen)) == 60
