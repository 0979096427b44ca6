"""Messages to a receiver that fails, hangs, refuses, limits and comes back."""

import logging
from threading import Event

import pytest

from groundwire_collector.alerting.channels.http import (
    LONGEST_WAIT_SECONDS,
    JsonClient,
    retry_after,
)
from groundwire_collector.errors import UsageError

BODY = {"status": "firing", "groupLabels": {"service": "bot"}}


@pytest.fixture
def client(inbox):
    client = JsonClient(
        "alarm_webhook_url", inbox.url, Event(), token="t0ken", pause=0.01, timeout=0.3
    )
    yield client
    client.close()


def test_a_message_is_sent_once_with_its_key_and_the_token(client, inbox):
    assert client.post(BODY, "key-1").received
    assert inbox.received == [("key-1", BODY)]
    assert inbox.headers[0]["Authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("answers", [[500], [503, 429], [0], [502, 0]])
def test_what_passes_is_tried_again_with_the_same_key(client, inbox, answers):
    inbox.answers = list(answers)
    assert client.post(BODY, "key-1").received
    assert [key for key, _ in inbox.received] == ["key-1"]
    assert {sent["Idempotency-Key"] for sent in inbox.headers} == {"key-1"}


@pytest.mark.parametrize("answers", [[500] * 9, [0] * 9])
def test_a_webhook_that_stays_away_is_left_for_later(client, inbox, answers):
    inbox.answers = list(answers)
    assert not client.post(BODY, "key-1").received
    assert len(inbox.headers) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_a_refusal_and_a_redirect_are_not_tried_again_at_once(client, inbox, status):
    inbox.answers = [status]
    assert not client.post(BODY, "key-1").received
    assert len(inbox.headers) == 1


def test_nothing_that_is_logged_holds_the_address(inbox, caplog):
    inbox.answers = [500, 500, 500, 400]
    with caplog.at_level(logging.DEBUG, "groundwire_collector"):
        client = JsonClient("alarm_slack_url", inbox.url, Event(), token="t0ken", pause=0.01)
        found = [client.post(BODY, "key-1") for _ in range(2)]
        client.close()
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("groundwire")]
    assert len(ours) == 2
    shown = [*ours, *(each.failure for each in found)]
    assert not any("s3cret" in message or "t0ken" in message for message in shown)
    assert [each.failure for each in found] == [f"status {n} of 127.0.0.1" for n in (500, 400)]


def test_when_it_has_to_stop_it_does_not_wait(inbox):
    inbox.answers = [500] * 9
    stop = Event()
    stop.set()
    client = JsonClient("alarm_webhook_url", inbox.url, stop, pause=600)
    assert not client.post(BODY, "key-1").received
    client.close()


@pytest.mark.parametrize("url", ["", "ftp://x/", "file:///etc/passwd", "hooks.example", "http://"])
def test_an_invalid_address_is_reported_at_the_start(url):
    with pytest.raises(UsageError, match="alarm_slack_url: must be"):
        JsonClient("alarm_slack_url", url, Event())


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_says_how_long_to_wait_is_not_tried_again_before(client, inbox, status):
    inbox.answers, inbox.retry_after = [status] * 9, "17"
    found = client.post(BODY, "key-1")
    assert (found.received, found.retry_after, len(inbox.headers)) == (False, 17.0, 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("999999", LONGEST_WAIT_SECONDS),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 60.0 - 20.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date_and_has_an_end(text, seconds):
    assert retry_after({"retry-after": text}, now=20.0) == seconds
