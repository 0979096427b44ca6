"""Acknowledging and accepting alarms by the buttons of their page."""

import re

import pytest
from sqlalchemy import select

from groundwire_collector.storage import baseline_actions
from groundwire_collector.storage.tables.drift import ALARM

OF_TURNS = {"details": {"baseline": {}, "revision": "1"}}


@pytest.fixture
def on_call(app, stranger, pages):
    """A browser of somebody who may read, label and administer."""
    stranger.post("/login", data={"key": pages.key_of(app), "next": "/alarms"})
    return stranger


def alarm_id(app) -> int:
    with app.state.engine.connect() as connection:
        return connection.scalar(select(ALARM.c.id))


def token(browser) -> str:
    found = re.search(r'name="token" value="(\w+)"', browser.get("/alarms").text)
    assert found is not None
    return found.group(1)


def test_the_buttons_acknowledge_and_accept(app, on_call, pages):
    pages.raise_alarm(app, **OF_TURNS)
    number = alarm_id(app)
    answer = on_call.post(f"/alarms/{number}/acknowledge", data={"token": token(on_call)})
    assert answer.headers["location"] == f"/alarms#alarm-{number}"
    page = on_call.get("/alarms").text
    assert "acknowledged" in page
    assert f'action="/alarms/{number}/acknowledge"' not in page
    body = {"token": token(on_call), "why": " The new tone is wanted. "}
    assert on_call.post(f"/alarms/{number}/accept", data=body).status_code == 303
    page = on_call.get("/alarms").text
    assert "The new tone is wanted." in page
    assert f'action="/alarms/{number}/accept"' not in page
    with app.state.engine.connect() as connection:
        [act] = baseline_actions.newest(connection, None, 10)
    assert (act.kind, act.why, act.alarm_id) == ("accepted", "The new tone is wanted.", number)


@pytest.mark.parametrize("action", ["acknowledge", "accept"])
def test_a_form_from_elsewhere_changes_nothing(app, on_call, pages, action):
    pages.raise_alarm(app, **OF_TURNS)
    url = f"/alarms/{alarm_id(app)}/{action}"
    valid = {"token": token(on_call), "why": "because"}
    elsewhere = {"sec-fetch-site": "cross-site"}
    statuses = [
        on_call.post(url, data={"why": "because"}).status_code,
        on_call.post(url, data={**valid, "token": "0" * 64}).status_code,
        on_call.post(url, data=valid, headers=elsewhere).status_code,
    ]
    assert statuses == [403] * 3
    with app.state.engine.connect() as connection:
        row = connection.execute(select(ALARM.c.acknowledged_ns, ALARM.c.accepted_ns)).one()
    assert tuple(row) == (None, None)


def test_accepting_needs_a_reason_and_happens_once(app, on_call, pages):
    pages.raise_alarm(app, **OF_TURNS)
    url, secret = f"/alarms/{alarm_id(app)}/accept", token(on_call)
    assert on_call.post(url, data={"token": secret, "why": " "}).status_code == 400
    assert on_call.post(url, data={"token": secret, "why": "wanted"}).status_code == 303
    assert on_call.post(url, data={"token": secret, "why": "wanted"}).status_code == 409


def test_a_key_that_only_reads_has_no_buttons(app, browser, pages):
    pages.raise_alarm(app, **OF_TURNS)
    page = browser.get("/alarms").text
    assert 'method="post"' not in page
    assert "scope label" in page
    assert browser.post(f"/alarms/{alarm_id(app)}/acknowledge").status_code == 403


def test_a_key_of_another_service_finds_no_alarm(app, stranger, pages):
    pages.raise_alarm(app, **OF_TURNS)
    key = pages.key_of(app, services=["other"])
    stranger.post("/login", data={"key": key, "next": "/alarms"})
    assert stranger.post(f"/alarms/{alarm_id(app)}/acknowledge", data={}).status_code in {403, 404}


def of_purpose(browser, action: str) -> str:
    page = browser.get("/alarms").text
    form = page[page.index(f'action="/alarms/{action}"') :]
    return re.search(r'name="token" value="(\w+)"', form).group(1)


def test_a_rollout_is_announced_by_its_form(app, on_call):
    body = {
        "token": of_purpose(on_call, "announce"),
        "service": "shop",
        "dimension": "prompt_version",
        "value": "p-9",
        "note": "shorter",
    }
    assert on_call.post("/alarms/announce", data=body).headers["location"] == "/alarms#rollouts"
    page = on_call.get("/alarms").text
    assert "prompt version p-9" in page
    assert "shorter" in page
    assert on_call.post("/alarms/announce", data={**body, "value": " "}).status_code == 400
    assert on_call.post("/alarms/announce", data={**body, "dimension": "x"}).status_code == 400


def test_a_baseline_is_reset_to_a_period_by_its_form(app, on_call, pages):
    body = {
        "token": of_purpose(on_call, "reset"),
        "service": "shop",
        "signal": "",
        "since": "2026-03-01T00:00",
        "until": "2026-03-02T00:00:00",
        "why": "the index was rebuilt",
    }
    assert on_call.post("/alarms/reset", data=body).headers["location"] == "/alarms#baselines"
    assert "the index was rebuilt" in on_call.get("/alarms").text
    with app.state.engine.connect() as connection:
        [act] = baseline_actions.newest(connection, None, 10)
    assert act.since_ns == 1_772_323_200 * 10**9
    assert act.until_ns - act.since_ns == 86_400 * 10**9
    for wrong in ({"until": ""}, {"since": "soon"}, {"why": " "}, {"until": "2026-02-01T00:00"}):
        assert on_call.post("/alarms/reset", data={**body, **wrong}).status_code == 400


@pytest.mark.parametrize("action", ["announce", "reset"])
def test_announcing_and_resetting_need_a_token_and_their_scopes(on_call, browser, action):
    assert on_call.post(f"/alarms/{action}", data={"token": "0" * 64}).status_code == 403
