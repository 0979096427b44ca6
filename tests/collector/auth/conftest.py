"""A receiver in this process, as the receiver's own tests start it."""

from tests.collector.receiver.conftest import app, client, settings

__all__ = ["app", "client", "settings"]
