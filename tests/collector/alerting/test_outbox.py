"""Alarms wait in the store until they are told: in order, once, whatever is restarted."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from time import time_ns

import pytest

from groundwire_collector.alerting.outbox import NotificationOutbox
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, notifications
from groundwire_collector.storage.engine import make_schema, open_engine

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


class Reported:
    """Takes messages, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.messages: list[tuple[str, str]] = []

    def __call__(self, document, key) -> bool:
        if not self.away:
            self.messages.append((document["status"], document["groupLabels"]["service"]))
        return not self.away


@pytest.fixture
def reported() -> Reported:
    return Reported()


@pytest.fixture
def outbox(engine, reported) -> NotificationOutbox:
    return NotificationOutbox(engine, reported, "http://gw")


def raised(engine, alarm) -> int:
    with engine.begin() as connection:
        return drift.raise_alarm(connection, alarm)


def resolve(engine, alarm_id: int) -> None:
    with engine.begin() as connection:
        drift.resolve_alarm(connection, alarm_id, time_ns())


def run(outbox: NotificationOutbox, steps: int = 20) -> None:
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

    def tell_slowly(document, key) -> bool:
        one.step()  # the other looks while this one is on its way
        return reported(document, key)

    NotificationOutbox(engine, tell_slowly, "http://gw").step()
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
        assert len(notifications.waiting(connection)) == 5


RUN = """
from groundwire_collector.processes.logs import configure
from groundwire_collector.processes.notifier import carry
from groundwire_collector.settings import Settings

settings = Settings()
configure(settings)
carry(settings)
"""


def messenger(folder, url: str) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= {"GROUNDWIRE_DATA_DIR": str(folder), "GROUNDWIRE_ALARM_WEBHOOK_URL": url}
    with (folder / "messenger.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", RUN], env=environment, stderr=log)


def await_messages(inbox, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(inbox.received) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(inbox.received) == number


def await_settled(engine) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if notifications.waiting(connection) == []:
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
