"""Cost of a request, counted before decoding.

A body of empty messages takes a hundred times its size as objects, so its length bounds nothing.
"""

from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor import Descriptor

from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.protobuf_wire import fields


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Most items (resources, scopes, spans, log records) and values of one request.

    Values are all of these and every attribute, event, link and value inside; `item_bytes` is
    the longest span or log record, which is refused by itself.
    """

    items: int = 100_000
    values: int = 1_000_000
    item_bytes: int = 16 * 2**20


class Count:
    """Running counts of a request; raises RequestRejectedError 413 beyond limits."""

    def __init__(self, limits: RequestLimits) -> None:
        self.limits = limits
        self._items = self._values = 0

    def item(self) -> None:
        """One more resource, scope, span or log record."""
        self._items += 1
        if self._items > self.limits.items:
            most = f"{self.limits.items} resources, scopes, spans and log records"
            raise RequestRejectedError(
                413, f"The request contains more than {most}; send smaller batches."
            )

    def value(self) -> None:
        """Count an attribute, event, link or value at any depth."""
        self._values += 1
        if self._values > self.limits.values:
            most = f"{self.limits.values} attributes, events, links and values"
            raise RequestRejectedError(
                413, f"The request contains more than {most}; send smaller batches."
            )

    def message(self, body: bytes, start: int, end: int, kind: Descriptor) -> None:
        """Every field of body[start:end], a protobuf message of this kind, at any depth.

        Skipped where the whole body is too short to pass the limit: a field takes two bytes.
        """
        if len(body) <= 2 * self.limits.values:
            return
        waiting = [(start, end, kind)]
        while waiting:
            start, end, kind = waiting.pop()
            inner = _submessages(kind)
            for number, first, last in fields(body, start, end):
                self.value()
                if number in inner:
                    waiting.append((first, last, inner[number]))


@cache
def _submessages(kind: Descriptor) -> dict[int, Descriptor]:
    """The fields of a message that are messages themselves, by number."""
    return {f.number: f.message_type for f in kind.fields if f.message_type is not None}
