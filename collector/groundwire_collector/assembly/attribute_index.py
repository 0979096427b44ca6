"""Inverted index of the alias tables: attribute keys to facts.

A span holds a dozen attributes and the tables know hundreds of places: so the attributes are looked
up in the tables, not the places in the span. Spans of one instrumentation hold the same keys again
and again: what keys may tell is worked out once for each set of keys. benchmarks/mapping.py
measures it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache

from groundwire_collector.assembly.alias_table import AttributeSource, KindRule, SpanKind, families

LONGEST_KEY = 120  # characters of a key that is remembered
MOST_KEYS = 64  # longest cached set of keys
MOST_SCOPES = 64  # remembered with one set of keys

Sources = Mapping[str, tuple[AttributeSource, ...]]


@dataclass(frozen=True, slots=True)
class AttributeLocation:
    """Location of a fact; locations of one fact are tried by `order`."""

    order: int
    fact: str
    source: AttributeSource


@dataclass(frozen=True, slots=True)
class LookupPlan:
    """Facts and span kinds that a set of attribute keys can provide."""

    rules: tuple[KindRule, ...]
    places: Sources
    _limited: dict[tuple[SpanKind, str], Sources] = field(default_factory=dict)

    def sources(self, kind: SpanKind, scope: str) -> Sources:
        """For each fact the places that a span of this kind and scope may fill, best first."""
        found = self._limited.get((kind, scope))
        if found is None:
            found = _limited(self.places, kind, scope)
            if len(self._limited) < MOST_SCOPES:
                self._limited[kind, scope] = found
        return found


def plan(keys: tuple[str, ...], events: tuple[str, ...]) -> LookupPlan:
    """The plan of a span with these attributes (its resource's included) and events."""
    if len(keys) <= MOST_KEYS and sum(map(len, keys)) <= MOST_KEYS * LONGEST_KEY:
        return _remembered_plan(keys, events)
    return _plan(keys, events)


def is_read(key: str) -> bool:
    """Whether any table reads an attribute of this name, for a fact or for the kind of span."""
    return bool(_places_of(key)) or key in _rule_keys()


@cache
def _rule_keys() -> frozenset[str]:
    return frozenset(rule.key for rule in _kind_rules())


@cache
def overlays() -> frozenset[str]:
    """Events whose attributes are read as those of their span."""
    return frozenset(name for family in families() for name in family.overlays)


def _plan(keys: Iterable[str], events: Iterable[str]) -> LookupPlan:
    there: dict[int, AttributeLocation] = {}
    for key in keys:
        for place in _places_of(key):
            there[place.order] = place
    for name in events:
        for place in _tables().events.get(name, ()):
            there[place.order] = place
    places: dict[str, tuple[AttributeSource, ...]] = {}
    for order in sorted(there):
        fact = there[order].fact
        places[fact] = (*places.get(fact, ()), there[order].source)
    held = set(keys)
    return LookupPlan(tuple(rule for rule in _kind_rules() if rule.key in held), places)


_remembered_plan = lru_cache(maxsize=2048)(_plan)


def _limited(places: Sources, kind: SpanKind, scope: str) -> Sources:
    found = {}
    for fact, sources in places.items():
        fitting = tuple(source for source in sources if _fits(source, kind, scope))
        if fitting:
            found[fact] = fitting
    return found


def _fits(source: AttributeSource, kind: SpanKind, scope: str) -> bool:
    if source.kinds and kind not in source.kinds:
        return False
    if source.scopes and not scope.startswith(source.scopes):
        return False
    return not (source.outside and scope.startswith(source.outside))


@dataclass(frozen=True, slots=True)
class _Tables:
    """Locations by attribute, by prefix of an attribute group, and by event."""

    exact: dict[str, list[AttributeLocation]]
    groups: dict[str, list[AttributeLocation]]
    events: dict[str, list[AttributeLocation]]
    prefixes: tuple[str, ...]


def _places_of(key: str) -> tuple[AttributeLocation, ...]:
    return _remembered_places(key) if len(key) <= LONGEST_KEY else _find_places(key)


def _find_places(key: str) -> tuple[AttributeLocation, ...]:
    tables = _tables()
    found = list(tables.exact.get(key, ()))
    if key.startswith(tables.prefixes):
        for prefix in tables.prefixes:
            if key.startswith(prefix):
                found += tables.groups[prefix]
    return tuple(found)


_remembered_places = lru_cache(maxsize=16_384)(_find_places)


@cache
def _tables() -> _Tables:
    exact: dict[str, list[AttributeLocation]] = {}
    groups: dict[str, list[AttributeLocation]] = {}
    events: dict[str, list[AttributeLocation]] = {}
    named = [
        (fact, source)
        for family in families()
        for fact, sources in family.facts.items()
        for source in sources
    ]
    for order, (fact, source) in enumerate(named):
        place = AttributeLocation(order, fact, source)
        for name in source.events:
            events.setdefault(name, []).append(place)
        if source.prefix:
            groups.setdefault(source.prefix, []).append(place)
        elif source.key:
            exact.setdefault(source.key, []).append(place)
    return _Tables(exact, groups, events, tuple(groups))


@cache
def _kind_rules() -> tuple[KindRule, ...]:
    rules = [rule for family in families() for rule in family.kinds]
    return tuple(sorted(rules, key=lambda rule: not rule.first))
