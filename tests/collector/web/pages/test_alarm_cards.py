"""The card of an alarm: drawn, with turns from before and after, and what did not move."""

import re
from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime.now(UTC)
CHANGE = NOW - timedelta(minutes=20)
NANOSECONDS = 10**9


@pytest.fixture
def changed(app, pages):
    """A version that is worse from twenty minutes ago on, and the alarm about it."""
    for number in range(1, 41):
        started = NOW - timedelta(minutes=41 - number)
        late = started >= CHANGE
        facts = {"model_version": "ft-2" if late else "ft-1", "started_at": started}
        pages.save(app, pages.judged_turn(number, 0.9 if late else 0.1, **facts))
    at = round(CHANGE.timestamp()) * NANOSECONDS
    details = {
        "turns": 20,
        "bad_turns": 18.0,
        "moved": [{"dimension": "route", "value": "retrieval", "size_interval": [0.1, 0.3]}],
        "unmoved": [{"dimension": "route", "value": "cache", "size_interval": [0.0, 0.01]}],
        "deployment": {
            "dimension": "model_version",
            "value": "ft-2",
            "at_ns": at,
            "announced": False,
        },
    }
    times = {"raised_ns": at + 60 * NANOSECONDS, "changed_ns": at, "changed_from_ns": at}
    pages.raise_alarm(
        app, value="ft-2", changed_until_ns=at + 30 * NANOSECONDS, details=details, **times
    )


@pytest.mark.usefixtures("changed")
def test_the_signal_is_drawn_around_its_change(browser):
    text = browser.get("/alarms").text
    card = text[text.index('id="alarm-1"') : text.index("</article>")]
    assert "Mean score of an unsupported claim" in card
    assert 'class="event change"' in card
    assert 'class="interval"' in card
    legend = re.findall(r'<span class="text">(ft-\d)</span> <span class="soft">(\d+)%', card)
    assert legend == [("ft-1", "10"), ("ft-2", "90")]


@pytest.mark.usefixtures("changed")
def test_what_moved_and_what_did_not_stand_beside_each_other(browser):
    text = browser.get("/alarms/1").text
    moved = text[text.index("Also worse") : text.index("Not affected")]
    assert "route retrieval" in moved
    assert "route cache" in text[text.index("Not affected") :]


@pytest.mark.usefixtures("changed")
def test_examples_are_from_before_and_the_worst_since(browser):
    text = browser.get("/alarms/1").text
    before = text[text.index("Before the change") : text.index("Worst since")]
    after = text[text.index("Worst since") : text.index("Evidence and history")]
    assert "parcel 20" in before
    assert "parcel 40" in after
    assert "They arrive within two days." in after


@pytest.mark.usefixtures("changed")
def test_the_list_keeps_to_its_time_range(browser):
    assert 'id="alarm-1"' in browser.get("/alarms?range=1h").text
    assert "No alarm has been raised in this time" in browser.get("/alarms?until=2026-01-01").text
    assert browser.get("/alarms?since=soon").status_code == 400


def test_an_alarm_of_another_service_is_not_there(app, stranger, pages):
    pages.raise_alarm(app)
    stranger.post("/login", data={"key": pages.key_of(app, services=["other"])})
    assert stranger.get("/alarms/1").status_code == 404


@pytest.mark.parametrize("signal", ["probe", "unfaithful", "not_evaluated", "override"])
def test_every_signal_has_a_card_even_where_nothing_is_drawn(app, browser, pages, signal):
    pages.raise_alarm(app, signal=signal, dimension="", value="")
    assert "whole service" in browser.get("/alarms/1").text


def test_a_change_of_behaviour_is_other_not_worse(app, pages, browser):
    for number in range(1, 5):
        pages.save(app, pages.judged_turn(number, 0.1, started_at=NOW - timedelta(minutes=number)))
    at = round(CHANGE.timestamp()) * NANOSECONDS
    found = "Length of answers rose from 52.4 to 104 words on average over 96 turns"
    details = {
        "turns": 96,
        "direction": "up",
        "findings": [found],
        "baseline": {"turns": 2000, "mean": 52.4},
        "statistic": 1.2,
        "revision": "1",
    }
    signal, times = "behaviour_answer_words", {"raised_ns": at, "changed_ns": at}
    pages.raise_alarm(
        app, signal=signal, changed_from_ns=at, changed_until_ns=at, details=details, **times
    )
    text = browser.get("/alarms").text
    card = text[text.index('id="alarm-1"') : text.index("</article>")]
    assert found in card
    assert "Newest turns since" in card
    assert "/runbooks/GroundwireBehaviourDrift" in card
    assert not re.search("[Ww]orse|[Ww]orst| bad", re.sub('class="[^"]*"', "", card))
