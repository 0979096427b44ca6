"""People whom a trusted proxy names may read and label under their name; nobody else can."""

import re

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.auth.proxy_users import ProxyUsers
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.keys import Access, Scope
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Turn

HEADER = "X-Forwarded-User"
ADA = {HEADER: "ada@example.org"}


def settings(tmp_path, **changes) -> Settings:
    named = {"proxy_user_header": HEADER, "trusted_proxies": "10.0.0.0/8, 192.0.2.7"}
    return Settings(data_dir=tmp_path, **{**named, **changes})


def client(app, address: str) -> TestClient:
    return TestClient(app, client=(address, 4000), follow_redirects=False)


@pytest.fixture
def app(tmp_path):
    made = create_app(settings(tmp_path))
    turn = Turn(id="t-1", trace_id="ab" * 16, service="shop", question="Why?", answer="So.")
    with made.state.engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, ())])
    return made


def test_who_comes_through_the_proxy_is_logged_in_by_name(app):
    with client(app, "10.1.2.3") as browser:
        answer = browser.get("/turns", headers=ADA)
        assert answer.status_code == 200
        assert '<span class="who soft text">ada@example.org</span>' in answer.text
        assert "ada@example.org" not in browser.get("/login").text
        assert browser.get("/login?next=/turns", headers=ADA).headers["location"] == "/turns"


@pytest.mark.parametrize("address", ["203.0.113.9", "192.0.2.8", "testclient", "::1"])
def test_the_header_of_any_other_address_is_ignored(app, address):
    with client(app, address) as browser:
        answer = browser.get("/turns", headers={**ADA, "X-Forwarded-For": "10.1.2.3"})
    assert answer.headers["location"].startswith("/login")


def test_it_is_off_by_default(tmp_path):
    with client(create_app(Settings(data_dir=tmp_path)), "10.1.2.3") as browser:
        assert browser.get("/turns", headers=ADA).status_code == 303


def test_a_label_carries_the_name_and_needs_a_form_of_this_person(app):
    with client(app, "10.1.2.3") as browser:
        page = browser.get("/turns/t-1", headers=ADA).text
        token = re.search(r'name="token" value="(\w+)"', page).group(1)
        body = {"token": token, "verdict": "supported"}
        bob = {HEADER: "bob"}
        assert browser.post("/turns/t-1/labels", data=body, headers=bob).status_code == 403
        assert browser.post("/turns/t-1/labels", data=body, headers=ADA).status_code == 303
        assert "ada@example.org" in browser.get("/labels", headers=ADA).text


def test_it_opens_no_otlp_no_api_writes_and_no_scope_that_was_not_granted(app):
    with client(app, "10.1.2.3") as browser:
        assert browser.post("/v1/traces", content=b"", headers=ADA).status_code == 401
        body = {"service": "shop", "model_version": "x"}
        assert browser.post("/api/v1/rollouts", json=body, headers=ADA).status_code == 401
        assert browser.post("/alarms/reset", data={}, headers=ADA).status_code == 403


def test_a_key_that_is_presented_decides(app):
    wrong = {**ADA, "Authorization": "Bearer gw_wrong"}
    with client(app, "10.1.2.3") as browser:
        assert browser.get("/api/v1/turns", headers=wrong).status_code == 401


@pytest.mark.parametrize("name", ["", "a" * 101, "<b>", "x\ty", "\x7f"])
def test_a_name_that_is_none_logs_nobody_in(tmp_path, name):
    users = ProxyUsers.of(settings(tmp_path))
    headers = {HEADER.lower().encode(): name.encode()}
    assert users.access(headers, "10.0.0.1") is None


def test_the_scopes_are_those_of_the_settings(tmp_path):
    users = ProxyUsers.of(settings(tmp_path, proxy_user_scopes="read"))
    found = users.access({HEADER.lower().encode(): b"Ada L."}, "192.0.2.7")
    assert found == Access("user:Ada L.", frozenset({Scope.READ}))


@pytest.mark.parametrize(
    "changes",
    [{"trusted_proxies": ""}, {"trusted_proxies": "proxy"}, {"proxy_user_scopes": "root"}],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, changes):
    with pytest.raises(UsageError):
        ProxyUsers.of(settings(tmp_path, **changes))
