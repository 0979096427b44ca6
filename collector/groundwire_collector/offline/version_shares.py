"""Versions of a service: first seen, announcement, share over time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.storage import drift, rollouts, version_turns
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.storage.version_turns import VersionQuery

MOST_VERSIONS = 50  # those with most turns
MOST_ANNOUNCED = 1000


@dataclass(frozen=True, slots=True)
class VersionShare:
    """A version with its turns in each part of the period.

    `first_seen_ns`: of the monitor, None where it does not watch the dimension; `announced`: its
    newest announcement.
    """

    value: str
    turns: Sequence[int]
    first_seen_ns: int | None
    announced: Rollout | None


@dataclass(frozen=True, slots=True)
class VersionShares:
    """Versions of a dimension, newest first, over a period.

    `totals`: turns that carry a version, by part.
    """

    since_ns: int
    width_ns: int
    totals: Sequence[int]
    versions: Sequence[VersionShare]


def version_shares(connection: Connection, query: VersionQuery, parts: int) -> VersionShares:
    """Share of each version of a service over a period in equal parts; `query.value` is ignored.

    Announced versions without a turn yet are part of it.
    """
    width = max(1, -(-(query.until_ns - query.since_ns) // parts))
    counts = version_turns.counts(connection, query, width)
    seen = {
        each.value: each.first_seen_ns
        for each in drift.dimension_values(connection)
        if (each.service, each.dimension) == (query.service, query.dimension)
    }
    announced = _announced(connection, query)
    names = sorted({*counts, *announced}, key=lambda name: -sum(counts.get(name, {}).values()))
    versions = [
        VersionShare(
            name,
            [counts.get(name, {}).get(part, 0) for part in range(parts)],
            seen.get(name),
            announced.get(name),
        )
        for name in names[:MOST_VERSIONS]
    ]
    totals = [sum(each.get(part, 0) for each in counts.values()) for part in range(parts)]
    return VersionShares(query.since_ns, width, totals, sorted(versions, key=_begun, reverse=True))


def _announced(connection: Connection, query: VersionQuery) -> dict[str, Rollout]:
    """Newest announcement of each value, as of the end of the period."""
    newest = rollouts.newest(connection, frozenset({query.service}), MOST_ANNOUNCED)
    found: dict[str, Rollout] = {}
    for each in newest:
        if each.dimension == query.dimension and each.at_ns < query.until_ns:
            found.setdefault(each.value, each)
    return found


def _begun(version: VersionShare) -> tuple[int, str]:
    announced = version.announced.at_ns if version.announced else 0
    return version.first_seen_ns or announced, version.value
