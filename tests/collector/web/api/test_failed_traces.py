"""Traces that were passed over, by the API and on their page."""

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from groundwire_collector.storage import failed_traces, keys
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore

HUNG = "begun 3 times without an end"


def key_for(engine: Engine, *services: str) -> dict[str, str]:
    key = keys.generate()
    with engine.begin() as connection:
        keys.add(connection, key, " ".join(services) or "all", [Scope.READ], services or None)
    return {"Authorization": f"Bearer {key}"}


def test_a_failed_trace_is_listed_with_its_reason_for_who_may_read_its_service(app):
    engine = app.state.engine
    for number, service in ((1, "shop"), (2, "help")):
        SpanStore(engine).add(
            [Span(trace_id=f"{number:032x}", span_id=f"{number:016x}", service=service)]
        )
    with engine.begin() as connection:
        for number in (1, 2):
            failed_traces.add(connection, FailedTrace(f"{number:032x}", number * 10**18, HUNG))
    client = TestClient(app)
    shop, everybody = key_for(engine, "shop"), key_for(engine)
    whole = client.get("/api/v1/failed-traces", headers=everybody).json()["traces"]
    assert [each["trace_id"] for each in whole] == [f"{2:032x}", f"{1:032x}"]
    assert whole[1] == {
        "trace_id": f"{1:032x}",
        "failed_at": "2001-09-09T01:46:40Z",
        "reason": HUNG,
    }
    assert client.get("/api/v1/failed-traces", headers=shop).json()["traces"] == whole[1:]
    page = client.get("/failed-traces", headers=shop).text
    assert f"{1:032x}" in page
    assert f"{2:032x}" not in page
    assert "/failed-traces" in client.get("/turns", headers=shop).text


def test_the_turns_do_not_point_to_failed_traces_where_there_is_none(app):
    head = key_for(app.state.engine)
    client = TestClient(app)
    assert "/failed-traces" not in client.get("/turns", headers=head).text
    assert "No trace failed" in client.get("/failed-traces", headers=head).text
