"""`groundwire doctor` over alarm channels: what waits, why, and a test."""

import json
from pathlib import Path
from time import time_ns

import pytest
from pydantic import SecretStr

from groundwire_collector.commands.alarm_channels import channel_states, send_test
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, notifications
from groundwire_collector.storage.engine import make_schema, open_engine


@pytest.fixture
def settings(tmp_path: Path, inbox) -> Settings:
    found = Settings(
        data_dir=tmp_path,
        alarm_slack_url=SecretStr(inbox.url),
        alarm_pagerduty_key=SecretStr("k3y"),
        alarm_pagerduty_url=inbox.url,
    )
    engine = open_engine(found)
    make_schema(engine)
    engine.dispose()
    return found


def test_a_channel_without_anything_waiting_says_how_to_try_it(settings):
    lines = [each.line() for each in channel_states(settings)]
    assert lines == [
        f"alarms to {name} (127.0.0.1): nothing waits; try it with --send-test"
        for name in ("slack", "pagerduty")
    ]


def test_what_waits_is_shown_with_its_age_and_the_last_failure(settings, alarm):
    engine = open_engine(settings)
    with engine.begin() as connection:
        drift.raise_alarm(connection, alarm())
        [notice] = notifications.undistributed(connection)
        notifications.distribute(connection, notice, ["slack", "pagerduty"])
        [notice] = notifications.waiting(connection, "slack")
        notifications.postpone(connection, notice, time_ns(), "status 404 of hooks.slack.com")
    engine.dispose()
    slack, pagerduty = channel_states(settings)
    assert slack.line() == (
        "alarms to slack (127.0.0.1): 1 not delivered, the oldest for 0 min; "
        "last attempt: status 404 of hooks.slack.com"
    )
    assert (pagerduty.waiting, pagerduty.failure) == (1, "")


def test_a_test_reaches_every_channel_and_ends_there(settings, inbox):
    assert list(send_test(settings)) == [
        "slack (127.0.0.1): received",
        "pagerduty (127.0.0.1): received",
    ]
    messages = [body for _, body in inbox.received]
    assert "nothing is wrong" in messages[0]["text"]
    assert [each["event_action"] for each in messages[2:]] == ["trigger", "resolve"]
    assert len({each["dedup_key"] for each in messages[2:]}) == 1


def test_a_channel_that_refuses_is_named_and_no_secret_is_shown(settings, inbox):
    inbox.answers = [403, 403]
    lines = send_test(settings)
    refused, taken = next(lines), next(lines)
    with pytest.raises(UsageError, match="not received by: slack") as error:
        next(lines)
    assert refused == "slack (127.0.0.1): status 403 of 127.0.0.1"
    assert taken == "pagerduty (127.0.0.1): received"
    assert "s3cret" not in json.dumps([refused, taken, str(error.value)])


def test_without_a_channel_the_settings_are_named(tmp_path: Path):
    assert channel_states(Settings(data_dir=tmp_path)) == []
    with pytest.raises(UsageError, match="GROUNDWIRE_ALARM_SLACK_URL"):
        list(send_test(Settings(data_dir=tmp_path)))
