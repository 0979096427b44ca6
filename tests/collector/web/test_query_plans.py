"""No page reads all turns: SQLite's plans of what each view asks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event

from benchmarks.big_store import HEADERS, NOW, VIEWS, fill, raise_alarm, trace_of
from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import first_key

TURNS = 600
LARGE = r"SCAN (?:turn|turn_listing|score|claim|span|content)\b(?:.* INDEX (?P<index>\w+))?"
Statement = tuple[str, Any]


@pytest.fixture(scope="module", params=["no statistics", "statistics"])
def settings(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Settings:
    found = Settings(data_dir=tmp_path_factory.mktemp("store"), api_key="gw_big")
    engine = open_engine(found)
    make_schema(engine)
    fill(engine, TURNS)
    raise_alarm(engine)
    if request.param == "statistics":  # as somebody may have them made
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return found


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings)
    first_key(settings, app.state.engine)
    with TestClient(app, headers=HEADERS) as client:
        yield client


def statements(client: TestClient, address: str) -> list[Statement]:
    engine = client.app.state.engine  # type: ignore[attr-defined]
    found: list[Statement] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return [each for each in found if each[0].lstrip().upper().startswith(("SELECT", "WITH"))]


def reads_all(connection: Connection, statement: Statement) -> bool:
    """Whether it walks over a large table to its end, or to sort it."""
    text, parameters = statement
    plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)]
    sorted_after = any("TEMP B-TREE FOR ORDER" in step for step in plan)
    ends_early = "LIMIT" in text and not sorted_after
    walks = [match for step in plan if (match := re.match(LARGE, step))]
    return any(not ends_early and not is_partial(connection, walk["index"]) for walk in walks)


def is_partial(connection: Connection, index: str | None) -> bool:
    """Whether an index holds few rows."""
    query = "SELECT sql FROM sqlite_master WHERE name = ? AND sql LIKE '%% WHERE %%'"
    return bool(connection.exec_driver_sql(query, (index,)).all())


@pytest.mark.parametrize("address", [path + query for path in VIEWS for query in VIEWS[path]])
def test_no_view_reads_all_turns(client: TestClient, address: str) -> None:
    middle = quote((NOW - timedelta(days=15)).isoformat())
    trace = trace_of(TURNS // 2)
    [session] = client.get("/api/v1/sessions?limit=1").json()["sessions"]
    asked_for = address.format(
        middle=middle,
        trace=trace,
        turn=f"{trace}-{1:016x}",
        of_session=f"{session['service']}/{session['session_id']}",
    )
    found = statements(client, asked_for)
    with client.app.state.engine.connect() as connection:  # type: ignore[attr-defined]
        assert [each[0] for each in found if reads_all(connection, each)] == []
