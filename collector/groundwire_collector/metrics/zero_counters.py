"""Counters of events that never happened, exported as 0.

Without them `rate()` has no value both where nothing happened and where nothing is measured, and
the first increase of a counter is lost. See
https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from groundwire_collector import metric_definitions as metrics
from groundwire_collector.metric_definitions import MetricDefinition, MetricKind
from groundwire_collector.storage.label_sets import CAP, RESERVED, Key, canonical
from groundwire_evaluators.evaluation import CitationOutcome, State, Verdict
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.turn import Route

GROUNDING, OVERRIDE = {"evaluator": "grounding"}, {"evaluator": "override"}
MEMORIZED = {"evaluator": "memorized_override"}
STATES = tuple(state for state in State if state is not State.NOT_SAMPLED)
# As the enumerations that are counted with, which load more than a scrape needs.
PLACES = ("0", "1", "2", "3-4", "5-9", "10+")  # of chunks
CHUNK_OUTCOMES = ("used", "ignored", "missing")
STALE_OUTCOMES = ("follows_new", "keeps_old", "neither")
RUN_STATES = ("finished", "abandoned")
CALL_FAILURES = (
    *("timeout", "unreachable", "rate_limited", "server_error"),
    *("refused", "nonsense", "empty", "raised"),
)
REPLY_PROBLEMS = ("truncated", "declined", "hijacked")  # beside nonsense, of judges
SKIP_REASONS = ("rate", "budget", "cost", "breaker", "late")  # of judges, which count them
_Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ZeroRule:
    """Label sets of a counter that are known before it counts.

    Each label set of the metrics `of` (those with the labels `where`) stands for one of `metric`,
    for every combination of `values`, the labels whose values are a closed set. `copied`: labels
    that take the value of another one.
    """

    metric: MetricDefinition
    of: tuple[MetricDefinition, ...]
    values: Mapping[str, Collection[str]] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    copied: Mapping[str, str] = field(default_factory=dict)

    def label_sets(self, known: Iterable[_Labels]) -> Iterator[str]:
        """Canonical JSON of each label set; some may repeat."""
        names = (*self.metric.labels, *((metrics.TENANT,) if self.metric.of_turns else ()))
        for labels in known:
            if any(labels.get(name) != value for name, value in self.where.items()):
                continue
            source = {**labels, **{to: labels.get(name, "") for to, name in self.copied.items()}}
            shared = {n: source.get(n, "") for n in names if n in self.metric.labels or n in labels}
            for values in product(*self.values.values()):
                yield canonical(shared | dict(zip(self.values, map(str, values), strict=True)))


def _itself(metric: MetricDefinition, label: str, values: Iterable[str]) -> ZeroRule:
    """The other values of a closed set, wherever one of them was counted."""
    return ZeroRule(metric, (metric,), {label: tuple(values)})


RULES: tuple[ZeroRule, ...] = (
    _itself(metrics.TURNS, "route", Route),
    ZeroRule(metrics.TURNS_REOPENED, (metrics.TURNS,), copied={"was": "route"}),
    ZeroRule(metrics.EVALUATIONS, (metrics.EVALUATIONS,), {"state": STATES}),
    ZeroRule(metrics.EVALUATIONS_SUPERSEDED, (metrics.EVALUATIONS,)),
    ZeroRule(metrics.SESSIONS_UNSUPPORTED, (metrics.SESSIONS,)),
    _itself(metrics.CLAIMS, "verdict", Verdict),
    ZeroRule(metrics.FLAGGED_TURNS, (metrics.P_UNSUPPORTED,)),
    ZeroRule(metrics.FALSE_REFUSALS, (metrics.EVALUATIONS,), where=GROUNDING),
    _itself(metrics.CITATIONS, "outcome", CitationOutcome),
    _itself(metrics.RELIANCE_OUTCOMES, "outcome", Outcome),
    ZeroRule(
        metrics.ANSWER_VALUES,
        (metrics.EVALUATIONS,),
        {"kind": ("covered", "novel", "overriding")},
        OVERRIDE,
    ),
    ZeroRule(metrics.REFUSALS, (metrics.EVALUATIONS,), {"sufficient": ("true", "false")}, OVERRIDE),
    ZeroRule(metrics.MEMORIZED_OVERRIDES, (metrics.EVALUATIONS,), where=MEMORIZED),
    ZeroRule(metrics.SELF_REPORTED_MEMORY_ANSWERS, (metrics.EVALUATIONS,), where=OVERRIDE),
    _itself(metrics.ANSWER_TRAITS, "present", ("yes", "no")),
    _itself(metrics.STALE_ANSWERS, "outcome", STALE_OUTCOMES),
    _itself(metrics.CHUNK_OUTCOMES, "outcome", CHUNK_OUTCOMES),
    _itself(metrics.SUPPORTED_CLAIMS, "place", PLACES),
    ZeroRule(metrics.EMPTY_RETRIEVALS, (metrics.TURNS,), where={"route": Route.RETRIEVAL}),
    _itself(metrics.PROBE_OUTCOMES, "outcome", Outcome),
    _itself(metrics.PROBE_RUNS, "state", RUN_STATES),
    _itself(metrics.PROBE_CALLS, "result", ("answered", "skipped", *CALL_FAILURES)),
    _itself(metrics.JUDGE_CALLS, "result", ("answered", *CALL_FAILURES, *REPLY_PROBLEMS)),
    _itself(metrics.JUDGE_NOT_SAMPLED, "reason", SKIP_REASONS),
    ZeroRule(metrics.JUDGE_PAUSES, (metrics.JUDGE_CALLS, metrics.JUDGE_NOT_SAMPLED)),
    ZeroRule(
        metrics.UNPRICED_TURNS,
        (metrics.COST, metrics.UNPRICED_TURNS),
        {"reason": ("no_tokens", "unknown_model")},
    ),
)


def never_counted(known: Collection[Key], cap: int = CAP) -> list[Key]:
    """Label sets that no event was counted for, beside the `known` ones of all counters.

    A metric shows as many as leave its reserve of the series limit `cap` free. Price: linear in the
    known label sets and in those found.
    """
    by_metric: dict[str, dict[str, _Labels]] = {}
    for name, labels in known:
        by_metric.setdefault(name, {})[labels] = json.loads(labels)
    found: dict[str, dict[str, None]] = {}
    for name, labels in _without_versions():
        found.setdefault(name, {})[labels] = None
    for rule in RULES:
        sources = (by_metric.get(metric.name, {}).values() for metric in rule.of)
        each = found.setdefault(rule.metric.name, {})
        for source in sources:
            each.update(dict.fromkeys(rule.label_sets(source)))
    return [
        (name, labels)
        for name, sets in found.items()
        for labels in _fitting(sets, by_metric.get(name, {}), cap)
    ]


def _fitting(sets: Iterable[str], counted: Collection[str], cap: int) -> list[str]:
    new = sorted(labels for labels in sets if labels not in counted)
    return new[: max(0, cap - RESERVED - len(counted))]


def _without_versions() -> Iterator[Key]:
    """Label sets that are known from the start."""
    yield metrics.TRACES_FAILED.name, canonical({})
    committed = [m.name for m in metrics.committed_metrics() if m.kind is not MetricKind.GAUGE]
    for metric in (metrics.SERIES_OVERFLOWED, metrics.SERIES_EVICTED):
        for name in committed:
            yield metric.name, canonical({"metric": name})
