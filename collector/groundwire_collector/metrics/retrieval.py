"""Retrieval metrics: relevance, outcome and usage of chunks, age of the index."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector import metric_definitions
from groundwire_collector.storage.counters import Increments, exemplar_of
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, Verdict
from groundwire_evaluators.retrieval.outcome import ANSWERING_CHUNK, chunk_outcome
from groundwire_evaluators.turn import Route, Turn

CAPACITY = 1000  # indexes
INDEX_AGE = "index_age_seconds"  # the signal
_PLACES = ((10, "10+"), (5, "5-9"), (3, "3-4"), (2, "2"), (1, "1"), (0, "0"))  # from, name
_JUDGED = {
    "context_utilization": metric_definitions.CONTEXT_UTILIZATION,
    "distractor_ratio": metric_definitions.DISTRACTOR_RATIO,
    "supporting_chunk_rank": metric_definitions.SUPPORTING_CHUNK_RANK,
}


def tally_retrieval(increments: Increments, judged: JudgedTurn, labels: Mapping[str, str]) -> None:
    """Count the evaluations of a turn's chunks."""
    turn = judged.turn
    empty = turn.route is Route.RETRIEVAL and not turn.retrieved
    if empty and not turn.not_evaluable_reason:
        increments.count(metric_definitions.EMPTY_RETRIEVALS, labels)
    outcome = chunk_outcome(judged.evaluations)
    for evaluation in judged.evaluations:
        named = {**labels, "evaluator": evaluation.evaluator, "revision": evaluation.revision}
        if outcome is not None and ANSWERING_CHUNK in evaluation.signals:
            counted = {**named, "outcome": outcome.value}
            exemplar = exemplar_of(turn, 1.0)
            increments.count(metric_definitions.CHUNK_OUTCOMES, counted, exemplar=exemplar)
        _tally_places(increments, evaluation, named)
        for signal, metric in _JUDGED.items():
            _observe(increments, metric, turn, evaluation.signals.get(signal), named)
        if evaluation.evaluator == "retrieval":
            _tally_relevance(increments, turn, evaluation, named)


def _tally_places(
    increments: Increments, evaluation: Evaluation, labels: Mapping[str, str]
) -> None:
    for claim in evaluation.claims:
        if claim.verdict is Verdict.SUPPORTED and claim.chunk is not None:
            place = next(name for first, name in _PLACES if claim.chunk >= first)
            increments.count(metric_definitions.SUPPORTED_CLAIMS, {**labels, "place": place})


def _tally_relevance(
    increments: Increments, turn: Turn, evaluation: Evaluation, labels: Mapping[str, str]
) -> None:
    _observe(increments, metric_definitions.RETRIEVAL_RELEVANCE, turn, evaluation.value, labels)
    repeated = evaluation.signals.get("redundancy")
    _observe(increments, metric_definitions.CHUNK_REDUNDANCY, turn, repeated, labels)
    age = evaluation.signals.get("chunk_age_seconds")
    _observe(increments, metric_definitions.CHUNK_AGE, turn, age, labels)


def _observe(
    increments: Increments,
    metric: metric_definitions.MetricDefinition,
    turn: Turn,
    value: float | None,
    labels: Mapping[str, str],
) -> None:
    if value is not None:
        increments.observe(metric, labels, value, exemplar_of(turn, value))


@dataclass(slots=True)
class IndexClock:
    """Newest index write seen, by service and index version.

    One turn tells when *its* chunks were indexed, which an index that grows bit by bit leaves
    alone; the newest sign of all turns tells when the index was written. It is remembered in this
    process, of the `CAPACITY` indexes used last: after a restart the ages of the first turns are
    upper bounds.
    """

    _newest: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)  # seconds

    def tally(self, increments: Increments, judged: JudgedTurn, labels: Mapping[str, str]) -> None:
        """Observe the index age at this turn, if known."""
        turn = judged.turn
        ages = [e.signals[INDEX_AGE] for e in judged.evaluations if INDEX_AGE in e.signals]
        if not ages or turn.started_at is None:
            return
        key = (turn.service, turn.index_version or "")
        now = turn.started_at.timestamp()
        newest = max(now - min(ages), self._newest.pop(key, 0.0))
        self._newest[key] = newest
        if len(self._newest) > CAPACITY:
            self._newest.popitem(last=False)
        age = max(now - newest, 0.0)
        _observe(increments, metric_definitions.INDEX_AGE, turn, age, labels)
