"""Alarms, and a receiver for them."""

from tests.collector.alerting.conftest import alarm, inbox

__all__ = ["alarm", "inbox"]
