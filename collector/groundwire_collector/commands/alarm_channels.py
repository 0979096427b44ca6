"""State and test of the alarm channels, for `groundwire doctor`."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event
from time import time_ns

import typer

from groundwire_collector.alerting.channels.configured import channels
from groundwire_collector.alerting.notice import channel_test_notice
from groundwire_collector.alerting.outbox import SECOND_NS
from groundwire_collector.commands.database import database
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import notifications
from groundwire_collector.storage.notifications import AlarmEvent

TESTED = (AlarmEvent.FIRING, AlarmEvent.RESOLVED)


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A configured channel: what waits for it, for how long, and why.

    `failure`: that of the last attempt; empty where none failed.
    """

    channel: str
    host: str
    waiting: int
    oldest_seconds: float
    failure: str

    def line(self) -> str:
        """The state in one line for people."""
        where = f"alarms to {self.channel} ({self.host})"
        if not self.waiting:
            return f"{where}: nothing waits; try it with --send-test"
        why = f"; last attempt: {self.failure}" if self.failure else ""
        age = f"the oldest for {self.oldest_seconds / 60:.0f} min"
        return f"{where}: {self.waiting} not delivered, {age}{why}"


def channel_states(settings: Settings) -> list[ChannelState]:
    """State of each configured channel; raises UsageError where an address is none."""
    found, now_ns = channels(settings, Event()), time_ns()
    if not found:
        return []
    with database(settings, migrate=False) as engine, engine.connect() as connection:
        waiting = {each.name: notifications.waiting(connection, each.name) for each in found}
    states = []
    for channel in found:
        channel.close()
        mine = waiting[channel.name]
        age = max(((now_ns - each.written_ns) / SECOND_NS for each in mine), default=0.0)
        failure = next((each.failure for each in mine if each.failure), "")
        states.append(ChannelState(channel.name, channel.host, len(mine), age, failure))
    return states


def send_test(settings: Settings) -> Iterator[str]:
    """Send an alarm that says it is none, and its end, to each channel; a line for each.

    Raises UsageError without a channel, and after the last line where one did not take it.
    """
    found, refused = channels(settings, Event()), []
    if not found:
        raise UsageError(
            "no alarm channel is set: GROUNDWIRE_ALARM_WEBHOOK_URL, GROUNDWIRE_ALARM_SLACK_URL or "
            "GROUNDWIRE_ALARM_PAGERDUTY_KEY"
        )
    pages, now_ns = settings.public_url or settings.url, time_ns()
    for channel in found:
        tries = [channel.deliver(channel_test_notice(pages, each, now_ns)) for each in TESTED]
        channel.close()
        failures = [each.failure for each in tries if not each.received]
        refused += [channel.name] if failures else []
        yield f"{channel.name} ({channel.host}): {failures[0] if failures else 'received'}"
    if refused:
        raise UsageError(f"not received by: {', '.join(refused)}")


def print_test(settings: Settings) -> None:
    """Print the line of each channel as its test ends."""
    for line in send_test(settings):
        typer.echo(line)
