"""Alarms as PagerDuty events (Events API v2): trigger, acknowledge, resolve.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from groundwire_collector.alerting.channels.channel import Delivery
from groundwire_collector.alerting.channels.http import JsonClient
from groundwire_collector.alerting.notice import SECOND_NS, AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent

URL = "https://events.pagerduty.com/v2/enqueue"
MOST_SUMMARY = 1024  # characters
ACTIONS = {
    AlarmEvent.FIRING: "trigger",
    AlarmEvent.ACKNOWLEDGED: "acknowledge",
    AlarmEvent.RESOLVED: "resolve",
}
LINKS = {
    "worst_turn_url": "Worst turn",
    "turns_url": "Turns",
    "runbook_url": "What to do",
}


class PagerDutyEvents:
    """Events API of PagerDuty.

    All events of an alarm have one `dedup_key`, so a repeated one changes nothing.
    """

    name = "pagerduty"
    events = frozenset(AlarmEvent)

    def __init__(self, client: JsonClient, routing_key: SecretStr, severity: str) -> None:
        self._client, self.host = client, client.host
        self._routing_key, self._severity = routing_key, severity

    def deliver(self, notice: AlarmNotice) -> Delivery:
        """Send the event of a notice."""
        key = self._routing_key.get_secret_value()
        return self._client.post(document(notice, key, self._severity), notice.key)

    def close(self) -> None:
        self._client.close()


def document(notice: AlarmNotice, routing_key: str, severity: str) -> dict[str, Any]:
    """Body of an event; only a trigger has a payload."""
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": ACTIONS[notice.event],
        "dedup_key": f"groundwire-{notice.fingerprint}",
    }
    if notice.event is not AlarmEvent.FIRING:
        return event
    labels, texts = notice.labels, notice.annotations
    links = [{"href": texts[name], "text": shown} for name, shown in LINKS.items() if name in texts]
    moment = datetime.fromtimestamp(notice.started_ns / SECOND_NS, UTC)
    details = {name: text for name, text in texts.items() if name not in LINKS}
    return event | {
        "client": "Groundwire",
        "client_url": f"{notice.pages}/alarms",
        "links": links,
        "payload": {
            "summary": texts["summary"][:MOST_SUMMARY],
            "source": labels["service"],
            "severity": severity,
            "timestamp": moment.isoformat(timespec="milliseconds"),
            "component": labels.get("value") or labels["service"],
            "group": labels["service"],
            "class": labels.get("signal", labels["alertname"]),
            "custom_details": {**labels, **details},
        },
    }
