"""Interface of a channel, and the outcome of a delivery."""

from dataclasses import dataclass
from typing import Protocol

from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.storage.notifications import AlarmEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """Outcome of a delivery: received, or why not.

    `failure` holds no address and no secret. `retry_after`: seconds that the receiver asked to wait
    before anything else is sent to it, 0 if it did not.
    """

    received: bool
    failure: str = ""
    retry_after: float = 0.0


class Channel(Protocol):
    """Receiver of alarm notifications; `events` are those it has a form for."""

    name: str
    host: str
    events: frozenset[AlarmEvent]

    def deliver(self, notice: AlarmNotice) -> Delivery:
        """Send a notice, with a few retries; never raises."""
        ...

    def close(self) -> None: ...
