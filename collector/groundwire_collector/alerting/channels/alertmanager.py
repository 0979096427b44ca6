"""Alarms as Alertmanager's webhook sends them (version 4).

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import UTC, datetime
from typing import Any

from groundwire_collector.alerting.channels.channel import Delivery
from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.notice import SECOND_NS, AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent

VERSION = "4"
OPEN_END = "0001-01-01T00:00:00Z"  # Alertmanager's zero time for alerts without an end


class AlertmanagerWebhook:
    """Webhook that takes Alertmanager's messages."""

    name = "webhook"
    events = frozenset({AlarmEvent.FIRING, AlarmEvent.RESOLVED})

    def __init__(self, client: JsonClient) -> None:
        self._client, self.host = client, client.host

    def deliver(self, notice: AlarmNotice) -> Delivery:
        """Send a notice; its key is the Idempotency-Key."""
        return self._client.post(document(notice), notice.key)

    def close(self) -> None:
        self._client.close()


def document(notice: AlarmNotice) -> dict[str, Any]:
    """Body of the webhook, with one alert."""
    status = "resolved" if notice.event is AlarmEvent.RESOLVED else "firing"
    service = notice.labels["service"]
    alert = {
        "status": status,
        "labels": dict(notice.labels),
        "annotations": dict(notice.annotations),
        "startsAt": _moment(notice.started_ns),
        "endsAt": _moment(notice.ended_ns) if notice.ended_ns else OPEN_END,
        "generatorURL": f"{notice.pages}/alarms",
        "fingerprint": notice.fingerprint,
    }
    return {
        "version": VERSION,
        "groupKey": f'groundwire:{{service="{service}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "groundwire",
        "groupLabels": {"service": service},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": notice.pages,
        "alerts": [alert],
    }


def _moment(ns: int) -> str:
    moment = datetime.fromtimestamp(ns / SECOND_NS, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
