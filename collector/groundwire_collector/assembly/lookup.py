"""From what a span holds to the facts it may tell: the alias tables, the other way round.

A span holds a dozen attributes and the tables know two hundred places: so the attributes are
looked up in the tables, not the places in the span. benchmarks/mapping.py measures it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from groundwire_collector.assembly.family import KindRule, Source, families
from groundwire_collector.span import SpanEvent


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a fact; those of one fact are asked in their `order`."""

    order: int
    fact: str
    source: Source


@dataclass(frozen=True, slots=True)
class Index:
    """Places by attribute, by prefix of numbered or named groups of attributes, by event."""

    exact: dict[str, list[Place]]
    groups: dict[str, list[Place]]
    events: dict[str, list[Place]]
    prefixes: tuple[str, ...]

    def places(self, keys: Iterable[str], events: Iterable[SpanEvent]) -> dict[str, list[Place]]:
        """For each fact the places that these attributes and events may fill, best first."""
        there: dict[int, Place] = {}
        prefixes = self.prefixes
        for key in keys:
            if key in self.exact:
                there |= {place.order: place for place in self.exact[key]}
            if key.startswith(prefixes):
                met = tuple(prefix for prefix in prefixes if key.startswith(prefix))
                there |= {place.order: place for p in met for place in self.groups[p]}
                prefixes = tuple(prefix for prefix in prefixes if prefix not in met)
        for event in events:
            there |= {place.order: place for place in self.events.get(event.name, ())}
        found: dict[str, list[Place]] = {}
        for order in sorted(there):
            found.setdefault(there[order].fact, []).append(there[order])
        return found


@cache
def index() -> Index:
    exact: dict[str, list[Place]] = {}
    groups: dict[str, list[Place]] = {}
    events: dict[str, list[Place]] = {}
    for place in _places():
        source = place.source
        for name in source.events:
            events.setdefault(name, []).append(place)
        if source.prefix:
            groups.setdefault(source.prefix, []).append(place)
        elif source.key:
            exact.setdefault(source.key, []).append(place)
    return Index(exact, groups, events, tuple(groups))


def _places() -> list[Place]:
    named = [
        (fact, source)
        for family in families()
        for fact, sources in family.facts.items()
        for source in sources
    ]
    return [Place(order, fact, source) for order, (fact, source) in enumerate(named)]


@cache
def kind_rules() -> tuple[KindRule, ...]:
    rules = [rule for family in families() for rule in family.kinds]
    return tuple(sorted(rules, key=lambda rule: not rule.first))


@cache
def overlays() -> frozenset[str]:
    """Events whose attributes are read as those of their span."""
    return frozenset(name for family in families() for name in family.overlays)
