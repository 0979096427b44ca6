"""Notifier process: delivers alarm notifications until stopped.

A process of its own, so that a receiver that hangs holds up nothing else, with a thread for each
channel, so that it holds up no other channel.
"""

from groundwire_collector.alerting.channels.configured import channels
from groundwire_collector.alerting.outbox import Distribution, NotificationOutbox
from groundwire_collector.processes.job_loop import go_round_in_threads
from groundwire_collector.processes.standby import lead, until_signalled
from groundwire_collector.settings import Settings
from groundwire_collector.storage.leadership import Leadership

ROLE = "messenger"


def carry(settings: Settings) -> None:
    """Notify until SIGTERM or SIGINT. Raises UsageError where an address is none."""
    with until_signalled(settings) as (engine, stop):
        found = channels(settings, stop)
        distribution = Distribution(engine, found)
        distribution.drop_unknown()
        pages = settings.public_url or settings.url
        outboxes = [NotificationOutbox(engine, each, pages, settings.label_rate) for each in found]
        rounds = [[distribution.step], *([each.step] for each in outboxes)]
        lead(Leadership(engine, ROLE), stop, lambda over: go_round_in_threads(rounds, over))
        for channel in found:
            channel.close()
