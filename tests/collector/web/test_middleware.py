"""Pages behind a proxy below a path; HEAD; headers that every answer has."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import first_key

KEY = {"Authorization": "Bearer gw_test"}
PAGES = [
    *("/", "/turns", "/sessions", "/alarms", "/compare", "/labels", "/estimates"),
    *("/unanswered-traces", "/docs", "/login?next=/turns"),
]


def client_of(folder: Path, **settings: str) -> TestClient:
    app = create_app(Settings(data_dir=folder, api_key="gw_test", **settings))  # type: ignore[arg-type]
    first_key(app.state.settings, app.state.engine)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with client_of(tmp_path) as opened:
        yield opened


def links(text: str) -> list[str]:
    return re.findall(r'(?:href|src|action)="(/[^"]*)"', text)


@pytest.mark.parametrize("path", PAGES)
def test_every_link_stays_below_the_path_of_the_proxy(client: TestClient, path: str) -> None:
    behind = {**KEY, "X-Forwarded-Prefix": "/ops/gw"}
    plain, answer = client.get(path, headers=KEY), client.get(path, headers=behind)
    if answer.status_code == 303:  # who has a key needs no login
        assert answer.headers["location"] == "/ops/gw" + plain.headers["location"]
        return
    assert links(plain.text)
    assert links(answer.text) == [f"/ops/gw{link}" for link in links(plain.text)]


def test_the_way_in_and_out_stays_below_the_path(client: TestClient) -> None:
    behind = {"X-Forwarded-Prefix": "/gw"}
    asked = client.get("/turns?order=newest", headers=behind)
    assert asked.headers["location"] == "/gw/login?next=/turns%3Forder%3Dnewest"
    form = {"key": "gw_test", "next": "/turns"}
    entered = client.post("/login", data=form, headers=behind)
    assert entered.headers["location"] == "/gw/turns"
    assert "Path=/gw/;" in entered.headers["set-cookie"]
    left = client.get("/logout", headers={**behind, **KEY})
    assert left.headers["location"] == "/gw/login"


@pytest.mark.parametrize("path", ["/turns", "/gw/turns", "/gw/api/v1/turns", "/gw/v1/traces"])
def test_a_proxy_may_leave_its_path_on_or_take_it_off(tmp_path: Path, path: str) -> None:
    with client_of(tmp_path, root_path="/gw") as client:
        method = "POST" if "/v1/traces" in path else "GET"
        answer = client.request(method, path, headers=KEY, json={} if method == "POST" else None)
        assert answer.status_code == 200
        assert all(link.startswith("/gw/") for link in links(answer.text))


@pytest.mark.parametrize("prefix", ["//evil.example", "/a b", '/"><script>', "x", "/a/../b?c"])
def test_a_prefix_that_is_no_path_is_ignored(client: TestClient, prefix: str) -> None:
    answer = client.get("/turns", headers={**KEY, "X-Forwarded-Prefix": prefix})
    assert links(answer.text) == links(client.get("/turns", headers=KEY).text)


@pytest.mark.parametrize("path", ["/turns", "/healthz", "/metrics", "/api/v1/turns", "/nowhere"])
def test_head_is_answered_as_get_is_without_the_body(client: TestClient, path: str) -> None:
    got, head = client.get(path, headers=KEY), client.head(path, headers=KEY)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize("path", ["/turns", "/healthz", "/api/v1/turns", "/nowhere", "/docs"])
@pytest.mark.parametrize("headers", [KEY, {}])
def test_no_answer_is_sniffed(client: TestClient, path: str, headers: dict[str, str]) -> None:
    assert client.get(path, headers=headers).headers["x-content-type-options"] == "nosniff"


def test_the_page_of_the_api_names_every_operation_and_loads_nothing(client: TestClient) -> None:
    text = client.get("/docs", headers=KEY).text
    schema = client.get("/openapi.json", headers=KEY).json()
    assert all(path in text for path in schema["paths"])
    assert "<script" not in text
    assert not re.search(r'(?:href|src)="https?:', text)


@pytest.mark.parametrize("path", ["/api/v1/turns", "/turns", "/api/v1/alarms", "/api/v1/labels"])
def test_a_cursor_that_no_list_gave_is_the_clients_mistake(client: TestClient, path: str) -> None:
    surrogate = "WzAuNSwxLCJcdWQ4M2UiXQ=="  # [0.5, 1, "\ud83e"]
    answer = client.get(path, params={"cursor": surrogate}, headers=KEY)
    assert answer.status_code in {200, 400}  # 200: this list has no cursor
    if path.endswith("turns"):
        assert answer.status_code == 400
