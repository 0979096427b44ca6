"""Notifier process: delivers alarm notifications until stopped.

A process of its own, so that a webhook that hangs holds up nothing else.
"""

from groundwire_collector.alerting.outbox import NotificationOutbox
from groundwire_collector.alerting.webhook import Webhook
from groundwire_collector.processes.job_loop import go_round
from groundwire_collector.processes.standby import lead, until_signalled
from groundwire_collector.settings import Settings
from groundwire_collector.storage.leadership import Leadership

ROLE = "messenger"


def carry(settings: Settings) -> None:
    """Tell until SIGTERM or SIGINT. Raises UsageError where the address is none."""
    url, token = settings.alarm_webhook_url, settings.alarm_webhook_token
    with until_signalled(settings) as (engine, stop):
        webhook = Webhook(
            url.get_secret_value() if url else "", token.get_secret_value() if token else None, stop
        )
        outbox = NotificationOutbox(
            engine, webhook.deliver, settings.public_url or settings.url, settings.label_rate
        )
        lead(Leadership(engine, ROLE), stop, lambda over: go_round([outbox.step], over))
        webhook.close()
