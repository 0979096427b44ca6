"""Distribution shift of questions and retrieval since the baseline (no alarms)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage import drift
from groundwire_collector.storage.turn_features import TurnFeatures, turn_features
from groundwire_evaluators.statistics.distribution import Stability, ranks, stability, tenths
from groundwire_evaluators.statistics.topics import Topics

MOST = 1000  # turns of each side
FEWEST = 20  # of each side, below which nothing is said
QUANTILES = (0.1, 0.5, 0.9)
FOREVER_NS = 2**63 - 1
OTHER = "other"  # questions of no topic


@dataclass(frozen=True, slots=True)
class Shift:
    """Quantiles of a number before and now, with stability index."""

    before: tuple[float, ...]
    now: tuple[float, ...]
    stability: Stability


@dataclass(frozen=True, slots=True)
class Shares:
    """The share of each value, before and now."""

    shares: Mapping[str, tuple[float, float]]
    stability: Stability


@dataclass(frozen=True, slots=True)
class Distributions:
    """Distributions in the baseline's time and recently.

    `novelty`: distance of a question to the most similar one of the baseline, in [0, 1]. `scores`:
    the retriever's score of its first chunk as a rank among those of the baseline, since its unit
    is unknown. `relevance`: how well the best chunk fits the question.
    """

    service: str
    before: int
    now: int
    shares: Mapping[str, Shares] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)

    @property
    def enough(self) -> bool:
        return min(self.before, self.now) >= FEWEST


def distributions(connection: Connection, service: str, since_ns: int) -> Distributions:
    """The baseline's turns against those since a time; without one, against those before it."""
    first_ns, last_ns = _baseline(connection, service) or (0, since_ns)
    now = turn_features(connection, service, max(since_ns, last_ns), FOREVER_NS, MOST)
    before = turn_features(connection, service, first_ns, last_ns, MOST)
    return compare(service, before, now)


def compare(
    service: str, before: Sequence[TurnFeatures], now: Sequence[TurnFeatures]
) -> Distributions:
    if min(len(before), len(now)) < FEWEST:
        return Distributions(service, len(before), len(now))
    topics = Topics.learn([each.question for each in before])
    current_vectors = topics.vectors([each.question for each in now])
    shares = {
        "topics": _shares(topics.of(topics.known), topics.of(current_vectors)),
        "routes": _shares([each.route for each in before], [each.route for each in now]),
    }
    numbers = {
        "novelty": (topics.novelty(topics.known, own=True), topics.novelty(current_vectors)),
        "scores": _ranked([each.score for each in before], [each.score for each in now]),
        "relevance": (_known([a.relevance for a in before]), _known([a.relevance for a in now])),
    }
    shifts = {
        name: _shift(*sides) for name, sides in numbers.items() if min(map(len, sides)) >= FEWEST
    }
    return Distributions(service, len(before), len(now), shares, shifts)


def _baseline(connection: Connection, service: str) -> tuple[int, int] | None:
    """The time of the baseline that was pinned last."""
    rows = [row for row in drift.baselines(connection) if row.service == service]
    pinned = [row for row in rows if row.pinned_ns is not None]
    if not pinned:
        return None
    state = unpacked(max(pinned, key=lambda row: row.pinned_ns or 0).state)
    return state["first_ns"], state["last_ns"]


def _shares(before: Sequence[str], now: Sequence[str]) -> Shares:
    old, new = Counter(name or OTHER for name in before), Counter(name or OTHER for name in now)
    names = sorted({*old, *new}, key=lambda name: -old[name])
    shares = {name: (old[name] / len(before), new[name] / len(now)) for name in names}
    return Shares(shares, stability(old, new))


def _shift(before: np.ndarray, now: np.ndarray) -> Shift:
    moved = stability(tenths(ranks(before, before)), tenths(ranks(now, before)))
    return Shift(_quantiles(before), _quantiles(now), moved)


def _quantiles(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(each) for each in np.quantile(values, QUANTILES))


def _ranked(
    before: Sequence[float | None], now: Sequence[float | None]
) -> tuple[np.ndarray, np.ndarray]:
    old = _known(before)
    return ranks(old, old), ranks(_known(now), old)


def _known(values: Sequence[float | None]) -> np.ndarray:
    return np.array([value for value in values if value is not None], dtype=float)
