"""The messenger process: tells a webhook of alarms, until it is told to stop.

A process of its own, so that a webhook that hangs holds up nothing else.
"""

import signal
from threading import Event

from groundwire_collector.alerting.outbox import NotificationOutbox
from groundwire_collector.alerting.webhook import Webhook
from groundwire_collector.processes.job_loop import go_round
from groundwire_collector.processes.standby import lead
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.leadership import Leadership

ROLE = "messenger"


def carry(settings: Settings) -> None:
    """Tell until SIGTERM or SIGINT. Raises UsageError where the address is none."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    url, token = settings.alarm_webhook_url, settings.alarm_webhook_token
    webhook = Webhook(
        url.get_secret_value() if url else "", token.get_secret_value() if token else None, stop
    )
    engine = open_engine(settings)
    make_schema(engine)
    outbox = NotificationOutbox(engine, webhook.tell, settings.public_url or settings.url)
    lead(Leadership(engine, ROLE), stop, lambda over: go_round([outbox.step], over))
    webhook.close()
    engine.dispose()
