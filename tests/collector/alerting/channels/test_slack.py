"""Alarms as messages of Slack, to a stand-in of its incoming webhooks."""

from threading import Event

import pytest

from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.channels.slack import SlackWebhook, document
from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent


def notice(alarm, event=AlarmEvent.FIRING, **further) -> AlarmNotice:
    return AlarmNotice.of(alarm(**further), "https://gw.example", event)


def texts(message) -> list[str]:
    parts = [block.get("text") or block["elements"][0] for block in message["blocks"]]
    return [part["text"] for part in parts]


def test_a_message_says_what_where_since_when_and_what_to_do_with_links(alarm):
    header, happened, first, links = texts(document(notice(alarm)))
    assert header == "bot: unsupported claims (p_unsupported) up by 0.40 for model_version ft 2"
    assert "got worse at 2025-11-25 22:00:00 UTC" in happened
    assert first.startswith("*First:* Open the worst turn.")
    assert "<https://gw.example/turns/worst?order=worst&amp;service=bot" in links
    assert "<https://gw.example/runbooks/GroundwireDrift|What to do>" in links
    assert links.endswith("<https://gw.example/alarms|Alarms>")


def test_an_acknowledgement_names_who_and_an_end_says_so(alarm):
    taken = notice(alarm, AlarmEvent.ACKNOWLEDGED, acknowledged_by="ada", acknowledged_ns=1)
    header, by, _ = texts(document(taken))
    assert header.startswith("Acknowledged: bot")
    assert by == "by ada"
    assert texts(document(notice(alarm, AlarmEvent.RESOLVED)))[0].startswith("Resolved: bot")


def test_texts_of_others_mention_nobody_and_forge_no_link(alarm):
    hostile = "<!channel> <http://evil|ok> & co"
    message = document(notice(alarm, service=hostile, value=hostile))
    assert "<!channel>" not in message["text"]
    marked = [block["text"] for block in message["blocks"] if block["type"] == "section"]
    assert all("<" not in part["text"] and part["verbatim"] for part in marked)
    links = texts(message)[-1].split(" · ")
    assert len(links) == 4
    assert all(each.count("<") == each.count("|") == each.count(">") == 1 for each in links)


def test_a_message_keeps_the_lengths_that_slack_allows(alarm):
    long = notice(alarm, service="s" * 4000, value="v" * 4000)
    for block in document(long)["blocks"]:
        most = {"header": 150, "section": 3000, "context": 3000}[block["type"]]
        part = block.get("text") or block["elements"][0]
        assert len(part["text"]) <= most


@pytest.mark.parametrize("answers", [[429], [500], [0], [404]])
def test_a_message_that_slack_does_not_take_can_be_sent_later(alarm, inbox, answers):
    inbox.answers, inbox.retry_after = answers * 3, "30" if answers == [429] else ""
    client = JsonClient("alarm_slack_url", inbox.url, Event(), pause=0.01, timeout=0.3)
    channel = SlackWebhook(client)
    found = channel.deliver(notice(alarm))
    assert not found.received
    assert found.retry_after == (30.0 if answers == [429] else 0.0)
    inbox.answers = []
    assert channel.deliver(notice(alarm)).received
    channel.close()
    [(_, message)] = inbox.received
    assert message == document(notice(alarm))
