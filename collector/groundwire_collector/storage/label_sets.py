"""Cardinality cap: series per metric, overflow and eviction.

A new label set of a full metric takes the place of the one that was idle longest. Only where every
set is busy is the new one folded: first its tenant becomes `other`, then its versions, then its
service too. What is retired or folded is counted. A retired set that returns starts from zero,
which Prometheus reads as the counter reset that it is.
"""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, delete, select, tuple_

from groundwire_collector.metric_definitions import TENANT, VERSION_LABELS

Key = tuple[str, str]  # metric name, canonical JSON of the labels

CAP = 300
RESERVED = 30  # of the cap: room for sets that are folded
IDLE_NS = 3600 * 1_000_000_000
OTHER = "other"
_SERVICE, *_VERSIONS = VERSION_LABELS

canonical: Callable[[dict[str, str]], str] = json.JSONEncoder(
    sort_keys=True, separators=(",", ":")
).encode  # of one label set: the same text for the same labels


@dataclass(slots=True)
class Placement:
    """Series key of each increment, and the evicted label sets by metric."""

    keys: dict[Key, Key] = field(default_factory=dict)
    folded: dict[str, int] = field(default_factory=dict)
    retired: dict[str, int] = field(default_factory=dict)


def place(
    connection: Connection, table: Table, keys: Collection[Key], now_ns: int, cap: int = CAP
) -> Placement:
    """Make room for each of `keys`, evicting idle label sets."""
    placement = Placement({key: key for key in keys})
    known = _known(connection, table, keys)
    for metric in sorted({metric for metric, _ in placement.keys.keys() - known}):
        sets = _Sets(_last_counted(connection, table, metric), now_ns, cap)
        mine = [key for key in placement.keys if key[0] == metric]
        for _, labels in sorted(mine, key=lambda key: key not in known):
            placement.keys[metric, labels] = (metric, sets.place(labels))
        folded = sum(placement.keys[key] != key for key in mine)
        _note(placement, metric, folded, len(sets.retired))
        gone = table.c.labels.in_(sets.retired)
        connection.execute(delete(table).where(table.c.metric == metric, gone))
    return placement


class _Sets:
    """Label sets of one metric, with the time of their last increment."""

    def __init__(self, last_counted: dict[str, int], now_ns: int, cap: int) -> None:
        self.retired: list[str] = []
        self._last_counted = last_counted
        self._now_ns = now_ns
        self._cap = cap
        self._all_busy = False

    def place(self, labels: str) -> str:
        chosen = labels
        for chosen, reserve in _ladder(labels):
            if chosen in self._last_counted or self._room(reserve):
                break
        self._last_counted[chosen] = self._now_ns
        return chosen

    def _room(self, reserve: int) -> bool:
        if len(self._last_counted) < self._cap - reserve:
            return True
        if self._all_busy:
            return False
        idlest = min(self._last_counted, key=self._last_counted.__getitem__)
        if self._last_counted[idlest] > self._now_ns - IDLE_NS:
            self._all_busy = True  # and stays so: in this transaction sets only become busier
            return False
        del self._last_counted[idlest]
        self.retired.append(idlest)
        return True


def _ladder(labels: str) -> Iterator[tuple[str, int]]:
    """Increasingly coarse forms of a label set, with the room each must leave.

    The last rung differs only in labels of few values, so it is taken even when none is left.
    """
    yield labels, RESERVED
    named = json.loads(labels)
    if TENANT in named:
        named[TENANT] = OTHER
        yield canonical(named), 2 * RESERVED // 3
    named |= {name: OTHER for name in _VERSIONS if named.get(name)}
    yield canonical(named), RESERVED // 2
    yield canonical(named | {_SERVICE: OTHER}), 0


def _known(connection: Connection, table: Table, keys: Collection[Key]) -> set[Key]:
    query = select(table.c.metric, table.c.labels)
    if len(keys) <= CAP:  # else all rows are fewer than the keys of a flood
        query = query.where(tuple_(table.c.metric, table.c.labels).in_(list(keys)))
    return {(metric, labels) for metric, labels in connection.execute(query)}


def _last_counted(connection: Connection, table: Table, metric: str) -> dict[str, int]:
    query = select(table.c.labels, table.c.updated_ns).where(table.c.metric == metric)
    return {row.labels: row.updated_ns for row in connection.execute(query)}


def _note(placement: Placement, metric: str, folded: int, retired: int) -> None:
    if folded:
        placement.folded[metric] = folded
    if retired:
        placement.retired[metric] = retired
