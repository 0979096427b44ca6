"""Trust domains: which services the key of a span may write.

A trace id is no secret between services, so a trace may hold what strangers wrote. The receiver
puts the services of a restricted key into the resource of what it stores; a key without a
restriction leaves no mark. docs/decisions/0037-one-trust-domain-a-key.md
"""

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from groundwire_collector.storage.span import Json, Span

KEY_SERVICES = "groundwire.key.services"  # a resource attribute that only the receiver sets


@dataclass(frozen=True, slots=True)
class Writer:
    """Writer of a span: named service, and services of its key.

    `None`: all.
    """

    service: str
    services: frozenset[str] | None = None

    def trusts(self, other: "Writer") -> bool:
        """Whether both keys share a service; an unrestricted one counts as the service it names."""
        if self.services is None and other.services is None:
            return True
        return not self._domain.isdisjoint(other._domain)

    @property
    def _domain(self) -> frozenset[str]:
        return frozenset((self.service,)) if self.services is None else self.services


def sign(resource: Resource, services: frozenset[str] | None) -> None:
    """Note the services of the writing key; what the sender put under this name is taken out."""
    forged = [place for place, pair in enumerate(resource.attributes) if pair.key == KEY_SERVICES]
    for place in reversed(forged):
        del resource.attributes[place]
    if services is not None:
        values = resource.attributes.add(key=KEY_SERVICES).value.array_value.values
        for service in sorted(services):
            values.add(string_value=service)


def writer_of(span: Span) -> Writer:
    """Writer of a stored span."""
    return Writer(span.service, _services(span.resource))


def _services(resource: Mapping[str, Json]) -> frozenset[str] | None:
    found = resource.get(KEY_SERVICES)
    return frozenset(map(str, found)) if isinstance(found, list) else None
