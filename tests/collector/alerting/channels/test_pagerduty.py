"""Alarms as events of PagerDuty, to a stand-in of its Events API."""

import json
import logging
from datetime import datetime
from threading import Event

import pytest
from pydantic import SecretStr

from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.channels.pagerduty import PagerDutyEvents, document
from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent

KEY = "0123456789abcdef0123456789abcdef"


def event_of(alarm, event=AlarmEvent.FIRING, **further):
    return document(AlarmNotice.of(alarm(**further), "https://gw.example", event), KEY, "warning")


def test_an_alarm_triggers_with_what_where_since_when_and_links(alarm):
    event = event_of(alarm)
    assert (event["routing_key"], event["event_action"]) == (KEY, "trigger")
    payload = event["payload"]
    assert payload["summary"].startswith("bot: unsupported claims")
    named = [payload[name] for name in ("source", "severity", "class", "component")]
    assert named == ["bot", "warning", "p_unsupported", "ft 2"]
    assert datetime.fromisoformat(payload["timestamp"]).tzinfo is not None
    assert payload["custom_details"]["cause"] == "model"
    assert [link["text"] for link in event["links"]] == ["Worst turn", "Turns", "What to do"]
    assert all(link["href"].startswith("https://gw.example/") for link in event["links"])


def test_acknowledging_and_the_end_change_the_same_incident(alarm):
    events = [event_of(alarm, event) for event in AlarmEvent]
    assert [each["event_action"] for each in events] == ["trigger", "acknowledge", "resolve"]
    [key] = {each["dedup_key"] for each in events}
    assert key.startswith("groundwire-")
    assert len(key) <= 255
    assert event_of(alarm, raised_ns=1)["dedup_key"] != key
    assert all("payload" not in each for each in events[1:])


def test_a_service_name_of_any_length_fits(alarm):
    assert len(event_of(alarm, service="s" * 4000)["payload"]["summary"]) <= 1024


@pytest.mark.parametrize("status", [400, 403, 429, 500, 0])
def test_an_event_that_is_not_taken_can_be_sent_later_and_no_log_has_the_key(
    alarm, inbox, status, caplog
):
    inbox.answers, inbox.retry_after = [status] * 3, "5" if status == 429 else ""
    client = JsonClient("alarm_pagerduty_url", inbox.url, Event(), pause=0.01, timeout=0.3)
    channel = PagerDutyEvents(client, SecretStr(KEY), "critical")
    with caplog.at_level(logging.DEBUG, "groundwire_collector"):
        notice = AlarmNotice.of(alarm(), "", AlarmEvent.FIRING)
        found = channel.deliver(notice)
        assert (found.received, found.retry_after) == (False, 5.0 if status == 429 else 0.0)
        inbox.answers = []
        assert channel.deliver(notice).received
    channel.close()
    [(_, event)] = inbox.received
    assert event["payload"]["severity"] == "critical"
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("groundwire")]
    assert ours
    assert KEY not in json.dumps([*ours, found.failure])
