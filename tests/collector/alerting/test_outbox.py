"""Alarms wait in the store until they are told: in order, once, whatever is restarted."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from time import time_ns

import pytest
from tests.collector.alerting.conftest import receiving

from groundwire_collector.alerting.channels.channel import Delivery
from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.alerting.outbox import Distribution, NotificationOutbox
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, notifications
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.notifications import AlarmEvent

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


class Reported:
    """Channel that takes messages, unless it is away."""

    host = "127.0.0.1"

    def __init__(self, name: str = "webhook", events=frozenset(AlarmEvent)) -> None:
        self.name, self.events = name, events
        self.away = False
        self.retry_after = 0.0
        self.tried = 0
        self.messages: list[tuple[str, str]] = []

    def deliver(self, notice: AlarmNotice) -> Delivery:
        self.tried += 1
        if self.away:
            return Delivery(False, "status 500", self.retry_after)
        self.messages.append((notice.event.value, notice.labels["service"]))
        return Delivery(True)

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def reported() -> Reported:
    return Reported()


@pytest.fixture
def outbox(engine, reported) -> NotificationOutbox:
    return NotificationOutbox(engine, reported, "http://gw")


def distribute(outbox: NotificationOutbox, *others: Reported) -> None:
    Distribution(outbox.engine, [outbox.channel, *others]).step()


def raised(engine, alarm) -> int:
    with engine.begin() as connection:
        return drift.raise_alarm(connection, alarm)


def resolve(engine, alarm_id: int) -> None:
    with engine.begin() as connection:
        drift.resolve_alarm(connection, alarm_id, time_ns())


def run(outbox: NotificationOutbox, steps: int = 20) -> None:
    distribute(outbox)
    for _ in range(steps):
        outbox.step()


def test_an_alarm_and_its_end_are_reported_once_each_and_in_order(engine, outbox, reported, alarm):
    first = raised(engine, alarm("a"))
    raised(engine, alarm("b"))
    resolve(engine, first)
    run(outbox)
    assert sorted(reported.messages) == [("firing", "a"), ("firing", "b"), ("resolved", "a")]
    assert reported.messages.index(("firing", "a")) < reported.messages.index(("resolved", "a"))


def test_what_was_not_taken_waits_and_is_reported_when_the_webhook_is_back(
    engine, outbox, reported, alarm
):
    reported.away = True
    first = raised(engine, alarm("a"))
    run(outbox)
    resolve(engine, first)
    reported.away = False
    run(outbox)
    assert reported.messages == []  # its end does not overtake it
    later = replace(outbox, clock=lambda: time_ns() + 3600 * SECOND)
    run(later)
    assert reported.messages == [("firing", "a"), ("resolved", "a")]


def test_an_alarm_whose_transaction_failed_is_not_reported(engine, outbox, reported, alarm):
    with engine.connect() as connection:
        drift.raise_alarm(connection, alarm())
        connection.rollback()
    run(outbox)
    assert reported.messages == []


def test_two_messengers_report_an_alarm_once(engine, alarm, reported):
    raised(engine, alarm())
    one = NotificationOutbox(engine, reported, "http://gw")

    class Slow(Reported):
        def deliver(self, notice: AlarmNotice) -> Delivery:
            one.step()  # the other looks while this one is on its way
            return reported.deliver(notice)

    other = NotificationOutbox(engine, Slow(), "http://gw")
    distribute(one)
    distribute(other)
    other.step()
    run(one)
    assert len(reported.messages) == 1


def test_after_a_day_only_alarms_that_are_still_open_are_reported(engine, outbox, reported, alarm):
    reported.away = True
    over = raised(engine, alarm("over"))
    raised(engine, alarm("open"))
    resolve(engine, over)
    run(outbox)
    reported.away = False
    run(replace(outbox, clock=lambda: time_ns() + DAY + 3600 * SECOND))
    assert reported.messages == [("firing", "open")]


def test_what_waits_is_bounded(engine, alarm, monkeypatch):
    monkeypatch.setattr(notifications, "MOST", 5)
    for number in range(9):
        raised(engine, alarm(str(number)))
    with engine.connect() as connection:
        assert len(notifications.undistributed(connection)) == 5


def test_each_channel_gets_every_event_it_has_a_form_for(engine, alarm):
    webhook = Reported("webhook", frozenset({AlarmEvent.FIRING, AlarmEvent.RESOLVED}))
    pager = Reported("pagerduty")
    first = raised(engine, alarm("a"))
    with engine.begin() as connection:
        drift.acknowledge_alarm(connection, first, "ada", time_ns())
        drift.acknowledge_alarm(connection, first, "bob", time_ns())  # it has been
    resolve(engine, first)
    outboxes = [NotificationOutbox(engine, each, "") for each in (webhook, pager)]
    distribute(outboxes[0], pager)
    for outbox in outboxes:
        run(outbox)
    assert webhook.messages == [("firing", "a"), ("resolved", "a")]
    assert pager.messages == [("firing", "a"), ("acknowledged", "a"), ("resolved", "a")]


def test_a_channel_that_fails_holds_up_no_other(engine, alarm):
    away, there = Reported("slack"), Reported("pagerduty")
    away.away = True
    raised(engine, alarm("a"))
    outboxes = [NotificationOutbox(engine, each, "") for each in (away, there)]
    distribute(outboxes[0], there)
    for outbox in outboxes:
        run(outbox)
    assert (away.messages, there.messages) == ([], [("firing", "a")])


def test_a_channel_that_limits_is_left_alone_for_as_long_as_it_says(engine, reported, alarm):
    clock = [time_ns()]
    outbox = NotificationOutbox(engine, reported, "", clock=lambda: clock[0])
    reported.away, reported.retry_after = True, 100.0
    for service in "ab":
        raised(engine, alarm(service))
    clock[0] = time_ns()
    run(outbox)
    assert reported.tried == 1  # the other message waits as well
    clock[0] += 99 * SECOND
    run(outbox)
    assert reported.tried == 1
    clock[0] += 2 * SECOND
    reported.away = False
    run(outbox)
    assert sorted(reported.messages) == [("firing", "a"), ("firing", "b")]


def test_the_failure_of_the_last_attempt_is_stored(engine, outbox, reported, alarm):
    reported.away = True
    raised(engine, alarm())
    run(outbox)
    with engine.connect() as connection:
        [notice] = notifications.waiting(connection, reported.name)
    assert (notice.failure, notice.tries) == ("status 500", 1)


def test_what_waits_for_a_channel_that_is_gone_is_dropped(engine, outbox, reported, alarm):
    raised(engine, alarm())
    distribute(outbox)
    Distribution(engine, [Reported("slack")]).drop_unknown()
    run(outbox)
    assert reported.messages == []


RUN = """
import os

from groundwire_collector.alerting import outbox
from groundwire_collector.processes.logs import configure
from groundwire_collector.processes.notifier import carry
from groundwire_collector.settings import Settings

outbox.LEASE_NS = int(os.environ["LEASE"]) * 10**9
settings = Settings()
configure(settings)
carry(settings)
"""


def messenger(folder, url: str, lease: int = 120, **settings: str) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= settings or {"GROUNDWIRE_ALARM_WEBHOOK_URL": url}
    environment |= {"GROUNDWIRE_DATA_DIR": str(folder), "LEASE": str(lease)}
    with (folder / "messenger.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=log)


def await_messages(inbox, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(inbox.received) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(inbox.received) == number


def await_settled(engine, channel: str = "webhook") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            left = notifications.waiting(connection, channel)
            if left == notifications.undistributed(connection) == []:
                return
        time.sleep(0.05)
    raise AssertionError("the message is not taken out of the outbox")


def test_a_restart_neither_loses_an_alarm_nor_reports_it_again(tmp_path, inbox, alarm):
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    first = raised(engine, alarm("a"))  # while nobody carries
    inbox.answers = [500]
    process = messenger(tmp_path, inbox.url)
    try:
        await_messages(inbox, 1)
        await_settled(engine)  # killed before that it would come again, with the same key
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        resolve(engine, first)
        raised(engine, alarm("b"))
        process = messenger(tmp_path, inbox.url)
        await_messages(inbox, 3)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait(20)
    assert inbox.reported == [("firing", "a"), ("resolved", "a"), ("firing", "b")]
    assert len({key for key, _ in inbox.received}) == 3
    assert "s3cret" not in (tmp_path / "messenger.log").read_text()  # a part of the address
    engine.dispose()


CHANNELS = {
    "slack": ("GROUNDWIRE_ALARM_SLACK_URL",),
    "pagerduty": ("GROUNDWIRE_ALARM_PAGERDUTY_URL", "GROUNDWIRE_ALARM_PAGERDUTY_KEY"),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_kill_between_sending_and_the_commit_repeats_the_message_with_its_identity(
    tmp_path, inbox, alarm, channel
):
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    raised(engine, alarm("a"))
    settings = dict(zip(CHANNELS[channel], [inbox.url, "k" * 32], strict=False))
    inbox.slow = 20.0  # it has the message; nobody was answered yet
    process = messenger(tmp_path, inbox.url, lease=1, **settings)
    try:
        await_messages(inbox, 1)
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        inbox.slow = 0.0
        process = messenger(tmp_path, inbox.url, lease=1, **settings)
        await_messages(inbox, 2)
        await_settled(engine, channel)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait(20)
    (first_key, first), (second_key, second) = inbox.received
    assert (first_key, first) == (second_key, second)  # of PagerDuty with its dedup_key
    log = (tmp_path / "messenger.log").read_text()
    assert "s3cret" not in log
    assert "k" * 32 not in log
    engine.dispose()


def test_a_channel_that_hangs_holds_up_no_other_in_the_same_process(tmp_path, inbox, alarm):
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    raised(engine, alarm("a"))
    with receiving() as hanging:
        hanging.slow = 60.0
        settings = {
            "GROUNDWIRE_ALARM_SLACK_URL": hanging.url,
            "GROUNDWIRE_ALARM_PAGERDUTY_URL": inbox.url,
            "GROUNDWIRE_ALARM_PAGERDUTY_KEY": "k" * 32,
        }
        process = messenger(tmp_path, "", **settings)
        try:
            await_messages(hanging, 1)
            await_messages(inbox, 1)
            await_settled(engine, "pagerduty")
            with engine.connect() as connection:
                assert len(notifications.waiting(connection, "slack")) == 1
        finally:
            process.kill()
            process.wait(20)
    engine.dispose()
