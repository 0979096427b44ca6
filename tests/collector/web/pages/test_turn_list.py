"""The list of turns: filters that suggest, search, export, what is beside it."""

import json
import re

import pytest

from groundwire_collector.storage import unanswered_traces
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.unanswered_traces import StoredUnanswered
from groundwire_evaluators.turn import Route


def numbers(answer) -> list[int]:
    return [int(number) for number in re.findall(r">How heavy may parcel (\d+) be\?<", answer.text)]


@pytest.fixture
def stored(app, pages):
    pages.save(
        app,
        pages.judged_turn(1, 0.9, user_id="ada", route=Route.TOOL),
        pages.judged_turn(2, 0.4, model="m-1", session_id="s-1"),
        pages.judged_turn(3, 0.2, error="Timeout", generation_seconds=9.0, service="other"),
    )


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("user_id=ada", [1]),
        ("route=tool", [1]),
        ("model=m-1", [2]),
        ("session_id=s-1", [2]),
        ("least_score=0.3&most_score=0.5", [2]),
        ("least_seconds=5", [3]),
        ("error=true", [3]),
        ("q=HEAVY+parcels+arrive", [1, 2, 3]),
        ("q=nowhere", []),
        ("range=24h", []),
        ("range=all&order=oldest", [1, 2, 3]),
    ],
)
def test_turns_are_filtered(browser, query, expected):
    assert numbers(browser.get(f"/turns?{query}")) == expected


@pytest.mark.usefixtures("stored")
def test_fields_suggest_what_is_stored(browser):
    text = browser.get("/turns").text
    for value in ("shop", "other", "ft-1", "p-1", "m-1", "s-1", "ada", "tool"):
        assert f'<option value="{value}"></option>' in text
    assert 'list="known-service"' in text


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("query", ["least_score=much", "since=yesterday", "range=week"])
def test_what_was_not_understood_is_named_and_the_form_stays(browser, query):
    answer = browser.get(f"/turns?service=shop&{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'name="service" value="shop"' in answer.text


@pytest.mark.usefixtures("stored")
def test_the_export_holds_the_turns_of_the_filter(browser):
    page = browser.get("/turns?service=shop&order=oldest").text
    link = re.search(r'href="(/turns\.jsonl[^"]*)"', page).group(1).replace("&amp;", "&")
    answer = browser.get(link)
    assert "attachment" in answer.headers["content-disposition"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["question"] for line in lines] == [
        "How heavy may parcel 1 be?",
        "How heavy may parcel 2 be?",
    ]
    assert lines[0]["chunks"][0]["text"]


def test_the_export_is_read_in_portions(app, browser, pages, monkeypatch):
    monkeypatch.setattr("groundwire_collector.web.pages.turns.EXPORTED", 2)
    pages.save(app, *(pages.judged_turn(number, 0.5) for number in range(1, 8)))
    assert len(browser.get("/turns.jsonl").text.splitlines()) == 7


@pytest.mark.usefixtures("stored")
def test_a_key_exports_its_own_services_alone(app, stranger, pages):
    stranger.post("/login", data={"key": pages.key_of(app, Scope.READ, services=["other"])})
    [line] = stranger.get("/turns.jsonl").text.splitlines()
    assert json.loads(line)["service"] == "other"


def test_failed_calls_are_one_link_away(app, browser, pages):
    trace = StoredUnanswered("ab" * 16, "shop", 1, "openai", "call_failed", "APITimeoutError")
    with app.state.engine.begin() as connection:
        unanswered_traces.save(connection, [trace])
    link = re.search(
        r'href="([^"]*reason=call_failed[^"]*)">Failed calls', browser.get("/turns").text
    )
    assert "APITimeoutError" in browser.get(link.group(1).replace("&amp;", "&")).text
