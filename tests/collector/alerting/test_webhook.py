"""Messages to a webhook that fails, hangs, refuses and comes back."""

import logging
from threading import Event

import pytest

from groundwire_collector.alerting.webhook import Webhook
from groundwire_collector.errors import UsageError

BODY = {"status": "firing", "groupLabels": {"service": "bot"}}


@pytest.fixture
def webhook(inbox):
    webhook = Webhook(inbox.url, "t0ken", Event(), pause=0.01, timeout=0.3)
    yield webhook
    webhook.close()


def test_a_message_is_sent_once_with_its_key_and_the_token(webhook, inbox):
    assert webhook.deliver(BODY, "key-1")
    assert inbox.received == [("key-1", BODY)]
    assert inbox.headers[0]["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("answers", [[500], [503, 429], [0], [502, 0]])
def test_what_passes_is_tried_again_with_the_same_key(webhook, inbox, answers):
    inbox.answers = list(answers)
    assert webhook.deliver(BODY, "key-1")
    assert [key for key, _ in inbox.received] == ["key-1"]
    assert {sent["Idempotency-Key"] for sent in inbox.headers} == {"key-1"}


@pytest.mark.parametrize("answers", [[500] * 9, [0] * 9])
def test_a_webhook_that_stays_away_is_left_for_later(webhook, inbox, answers):
    inbox.answers = list(answers)
    assert not webhook.deliver(BODY, "key-1")
    assert len(inbox.headers) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_a_refusal_and_a_redirect_are_not_tried_again_at_once(webhook, inbox, status):
    inbox.answers = [status]
    assert not webhook.deliver(BODY, "key-1")
    assert len(inbox.headers) == 1


def test_nothing_that_is_logged_holds_the_address(inbox, caplog):
    inbox.answers = [500, 500, 500, 400]
    with caplog.at_level(logging.DEBUG, "groundwire_collector"):
        webhook = Webhook(inbox.url, "t0ken", Event(), pause=0.01)
        webhook.deliver(BODY, "key-1")
        webhook.deliver(BODY, "key-1")
        webhook.close()
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("groundwire")]
    assert len(ours) == 2
    assert not any("s3cret" in message or "t0ken" in message for message in ours)


def test_when_it_has_to_stop_it_does_not_wait(inbox):
    inbox.answers = [500] * 9
    stop = Event()
    stop.set()
    webhook = Webhook(inbox.url, None, stop, pause=600)
    assert not webhook.deliver(BODY, "key-1")
    webhook.close()


@pytest.mark.parametrize("url", ["", "ftp://x/", "file:///etc/passwd", "hooks.example", "http://"])
def test_an_invalid_address_is_reported_at_the_start(url):
    with pytest.raises(UsageError, match="alarm_webhook_url"):
        Webhook(url, None, Event())
