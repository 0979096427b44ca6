"""Comparison of two versions in production, within shared strata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import time_ns

from sqlalchemy import Connection

from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.offline.traffic_strata import MixShare, TrafficStrata, divide
from groundwire_collector.offline.turn_measures import SHARES, turn_measures
from groundwire_collector.storage import version_turns
from groundwire_collector.storage.version_turns import VersionQuery, VersionTurn
from groundwire_evaluators.gate.decision import MeasureDecision, MeasureOutcome, decide, overall
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.statistics.contrast import Contrast
from groundwire_evaluators.statistics.standardised import Group, standardised
from groundwire_evaluators.text.tokens import question_key

DAY_NS = 86_400 * 10**9
DAYS = 7  # compared where no time is asked for
MOST = 2000  # turns of each side
FEWEST = 30  # values of a measure on each side
COMPARED = ("model_version", "prompt_version", "index_version", "adapter", "release", "tenant")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPair:
    """Two versions of a service to compare, and the period.

    Times in nanoseconds, half-open; None: seven days until now.
    """

    service: str
    baseline: str
    candidate: str
    dimension: str = "model_version"
    since_ns: int | None = None
    until_ns: int | None = None
    most: int = MOST

    def over(self, since_ns: int | None, until_ns: int | None) -> "VersionPair":
        """The same over another period."""
        return replace(self, since_ns=since_ns, until_ns=until_ns)


@dataclass(frozen=True, slots=True)
class RawMean:
    """Mean of one side, not standardised; None without values."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ComparedMeasure:
    """Measure of two versions: standardised change and decision, with the raw means."""

    decision: MeasureDecision
    raw: tuple[RawMean, RawMean]


@dataclass(frozen=True, slots=True)
class VersionComparison:
    """Two versions compared; `concurrent`: over a time in which both ran.

    `turns`: compared turns of each side. `strata` is None where a side has too few turns.
    """

    pair: VersionPair
    since_ns: int
    until_ns: int
    concurrent: bool
    turns: tuple[int, int]
    strata: TrafficStrata | None
    measures: tuple[ComparedMeasure, ...]
    outcome: MeasureOutcome

    @property
    def mix(self) -> Sequence[MixShare]:
        return self.strata.mix if self.strata else ()


def compare_versions(
    connection: Connection, pair: VersionPair, rules: Rules, prices: PriceList | None = None
) -> VersionComparison:
    """Compare the production turns of two versions.

    Where both ran at the same time for at least 30 turns each, only that time counts, in eight
    parts; else all their turns, and a change of the world between them cannot be told from one of
    the version. At most `most` turns of each side, evenly through the time. Price: 0.75 CPU
    seconds for 2,000 turns a side with ten signals each, 1.7 for 5,000.
    """
    until = time_ns() if pair.until_ns is None else pair.until_ns
    since = until - DAYS * DAY_NS if pair.since_ns is None else pair.since_ns
    sides = [
        version_turns.listed(
            connection,
            VersionQuery(
                service=pair.service,
                dimension=pair.dimension,
                value=value,
                since_ns=since,
                until_ns=until,
            ),
        )
        for value in (pair.baseline, pair.candidate)
    ]
    together = _together(sides)
    chosen = together or sides
    turns = [_read(connection, side, pair.most) for side in chosen]
    starts = [at for side in chosen for at, _ in side]
    first, last = (min(starts), max(starts) + 1) if together and starts else (since, until)
    found = compare_turns(turns[0], turns[1], pair.dimension, rules, prices, by_time=bool(together))
    return VersionComparison(
        pair=pair,
        since_ns=first,
        until_ns=last,
        concurrent=bool(together),
        turns=(len(turns[0]), len(turns[1])),
        strata=found[0],
        measures=found[1],
        outcome=overall({each.decision.measure: each.decision for each in found[1]}),
    )


def compare_turns(
    baseline: Sequence[VersionTurn],
    candidate: Sequence[VersionTurn],
    dimension: str,
    rules: Rules,
    prices: PriceList | None = None,
    *,
    by_time: bool = True,
) -> tuple[TrafficStrata | None, tuple[ComparedMeasure, ...]]:
    """Strata and measures of two lists of turns; without strata where a side has under 30."""
    if min(len(baseline), len(candidate)) < FEWEST:
        return None, ()
    strata = divide(baseline, candidate, dimension, by_time=by_time)
    values = [[turn_measures(turn, prices) for turn in side] for side in (baseline, candidate)]
    clusters = [[_clusters(turn) for turn in side] for side in (baseline, candidate)]
    names = _names([*values[0], *values[1]], rules)
    groups = {
        name: tuple(
            _group(name, values[side], strata.labels[side], clusters[side]) for side in (0, 1)
        )
        for name in names
    }
    contrasts = {name: _contrast(name, one, other, rules) for name, (one, other) in groups.items()}
    decisions = decide(contrasts, rules)
    return strata, tuple(
        ComparedMeasure(decisions[name], (_raw(groups[name][0]), _raw(groups[name][1])))
        for name in names
    )


def _together(sides: Sequence[Sequence[tuple[int, str]]]) -> list[list[tuple[int, str]]] | None:
    """The turns of the time in which both versions ran; None where that is hardly any."""
    if not all(sides):
        return None
    first, last = max(side[0][0] for side in sides), min(side[-1][0] for side in sides)
    found = [[each for each in side if first <= each[0] <= last] for side in sides]
    return found if min(map(len, found)) >= FEWEST else None


def _read(connection: Connection, side: Sequence[tuple[int, str]], most: int) -> list[VersionTurn]:
    step = max(1, -(-len(side) // most))
    return version_turns.read(connection, [turn_id for _, turn_id in side[::step]])


def _clusters(turn: VersionTurn) -> tuple[str, str]:
    """Question and session: turns that share either are not independent."""
    return question_key(turn.question) or turn.id, turn.session_id or turn.id


def _names(values: Sequence[Mapping[str, float]], rules: Rules) -> list[str]:
    """Measures that any turn has, in the order of the rules, others by name behind."""
    present = {name for each in values for name in each}
    ordered = [name for name in rules.measures if name in present]
    return ordered + sorted(present - set(ordered))


def _group(
    name: str,
    values: Sequence[Mapping[str, float]],
    labels: Sequence[str],
    clusters: Sequence[tuple[str, str]],
) -> Group:
    chosen = [index for index, each in enumerate(values) if name in each]
    return Group(
        [values[index][name] for index in chosen],
        [labels[index] for index in chosen],
        [[clusters[index][way] for index in chosen] for way in (0, 1)],
    )


def _contrast(name: str, one: Group, other: Group, rules: Rules) -> Contrast | str:
    fewest = min(len(one.values), len(other.values))
    if fewest < FEWEST:
        return f"{fewest} values on a side; at least {FEWEST} are required"
    binary = name in SHARES or {*one.values, *other.values} <= {0.0, 1.0}
    found = standardised(one, other, share=binary, ratio=rules.of(name).relative)
    return "the versions share no stratum" if found is None else found


def _raw(group: Group) -> RawMean:
    n = len(group.values)
    return RawMean(sum(group.values) / n if n else None, n)
