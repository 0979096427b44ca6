"""Periodic refresh of the estimates that gauges show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from groundwire_collector.estimates.calibration import fitted
from groundwire_collector.estimates.confidence_sequence import FaithfulnessSequence, settled
from groundwire_collector.estimates.faithfulness import (
    HUMAN,
    FaithfulnessEstimate,
    LabelledTurns,
    SampledTurn,
    by_judge,
    faithfulness_of,
    labelled_turns,
    outcomes_of,
)
from groundwire_collector.estimates.labels import draw
from groundwire_collector.estimates.retrieval import RetrievalAtK, at_ranks
from groundwire_collector.estimates.training_age import training_ages
from groundwire_collector.evaluation.sampling import preference
from groundwire_collector.settings import Settings
from groundwire_collector.storage import chunk_relevance, estimates, judging, labels
from groundwire_collector.storage.estimates import (
    EstimateFilter,
    SampledScore,
    ScoredTurn,
    StoredEstimate,
)
from groundwire_collector.storage.labels import LabelQuery

FAITHFULNESS, RETRIEVAL = "faithfulness", "retrieval"
CHEAP = "p_unsupported"  # signal whose baseline starts the sequence
SECOND = 1_000_000_000
RETENTION_NS = 86_400 * SECOND  # estimates not refreshed for a day are dropped
SETTLED_NS = 900 * SECOND  # turns do not arrive in the order in which they started
TURNS = 2000  # turns per update
ROUNDS = 25


TrafficEstimate = Callable[[Connection, int], list[StoredEstimate]]  # of all services, at a time


class EstimateRefresher:
    """Refreshes estimates of labelled services every `estimate_seconds`.

    Beside them those that need no labels: training ages, and `further` ones.

    Price: a read of the newest 50,000 turns of each such service, about a second a round and
    service; nothing at a scrape. Several workers may: each round depends on what is stored alone.
    """

    def __init__(
        self, settings: Settings, engine: Engine, further: Sequence[TrafficEstimate] = ()
    ) -> None:
        self._further = further
        self._label_rate = settings.label_rate
        self._eager = settings.judge_uncertainty_boost
        self._every_ns = round(settings.estimate_seconds * SECOND)
        self._engine = engine
        self._due_ns = 0

    def step(self, now_ns: int) -> bool:
        """One round if it is time; whether it was."""
        if not self._every_ns or now_ns < self._due_ns:
            return False
        self._due_ns = now_ns + self._every_ns
        with self._engine.connect() as connection:
            services = estimates.labelled_services(connection)
            of_traffic = training_ages(connection, now_ns)
            for estimate in self._further:
                of_traffic += estimate(connection, now_ns)
        with self._engine.begin() as connection:
            estimates.store(connection, of_traffic)
        for service in sorted(services):
            with self._engine.connect() as connection:
                part = EstimateFilter(service=service)
                sample = labelled_turns(connection, part, "model_version", self._label_rate)
                renewed = [*self._faithfulness(connection, service, sample, now_ns)]
                renewed += self._retrieval(connection, service, now_ns)
                calibration = fitted(connection, service, sample.decided, now_ns)
                renewed += [calibration] if calibration else []
            with self._engine.begin() as connection:
                estimates.store(connection, renewed)
        with self._engine.begin() as connection:
            estimates.drop_before(connection, now_ns - RETENTION_NS)
        return True

    def _faithfulness(
        self, connection: Connection, service: str, sample: LabelledTurns, now_ns: int
    ) -> list[StoredEstimate]:
        before = {
            (stored.value, stored.reference, stored.evaluator): stored.sequence
            for stored in estimates.newest(connection, FAITHFULNESS, frozenset({service}))
        }
        found = faithfulness_of(connection, EstimateFilter(service=service), sample)
        rows = []
        for each in found:
            state = before.get((each.value, each.reference, each.evaluator), {})
            sequence = self._advanced(connection, each, state, now_ns)
            estimate = estimate_json(each) | {"anytime": sequence.report() if sequence else None}
            rows.append(
                StoredEstimate(
                    kind=FAITHFULNESS,
                    service=service,
                    value=each.value,
                    reference=each.reference,
                    evaluator=each.evaluator,
                    updated_ns=now_ns,
                    estimate=estimate,
                    sequence=sequence.to_state() if sequence else {},
                )
            )
        return rows

    def _advanced(
        self,
        connection: Connection,
        each: FaithfulnessEstimate,
        state: Mapping[str, Any],
        now_ns: int,
    ) -> FaithfulnessSequence | None:
        """Confidence sequence over all settled turns; None without sampling."""
        source = self._source(connection, each)
        if source.least_probability <= 0:
            return None
        baseline_ns = estimates.baseline_ns(connection, each.service, CHEAP)
        origin = {
            "baseline_ns": baseline_ns,
            "revision": each.revision,
            "least_probability": source.least_probability,
        }
        start = max((baseline_ns, ""), source.begins)
        sequence = FaithfulnessSequence.resumed(state, origin, source.least_probability, start)
        for _ in range(ROUNDS):
            turns = estimates.following_turns(
                connection, each.service, each.value, sequence.after, TURNS
            )
            ready = settled(
                turns,
                lambda turn: turn.started_ns > now_ns - SETTLED_NS or source.waits(turn),
            )
            sequence.take(ready, source.of_sample(ready))
            if len(ready) < TURNS:
                break
        return sequence

    def _source(self, connection: Connection, each: FaithfulnessEstimate) -> "_Source":
        part = EstimateFilter(service=each.service)
        if each.reference == HUMAN:
            return _People.of(connection, part, self._label_rate)
        scores = estimates.drawn_scores(connection, part, each.evaluator)
        queued = judging.waiting_turns(connection, each.service)
        return _Judge.of(scores, each.revision, self._eager, queued)

    def _retrieval(self, connection: Connection, service: str, now_ns: int) -> list[StoredEstimate]:
        turns = chunk_relevance.judged_retrievals(connection, service=service)
        by_version: dict[str, list[RetrievalAtK]] = {}
        for each in at_ranks(turns, self._label_rate):
            by_version.setdefault(each.index_version, []).append(each)
        return [
            StoredEstimate(
                kind=RETRIEVAL,
                service=service,
                value=version,
                reference=HUMAN,
                evaluator="",
                updated_ns=now_ns,
                estimate={"ranks": [asdict(each) for each in ranks]},
                sequence={},
            )
            for version, ranks in by_version.items()
        ]


class _Source(Protocol):
    """Sample of a reference, and which of its turns are still pending."""

    @property
    def least_probability(self) -> float: ...

    @property
    def begins(self) -> tuple[int, str]: ...

    def of_sample(self, turns: Sequence[ScoredTurn]) -> Mapping[str, SampledTurn]: ...

    def waits(self, turn: ScoredTurn) -> bool: ...


@dataclass(frozen=True, slots=True)
class _People:
    """Turns below the label rate; turns chosen by people do not count."""

    outcomes: Mapping[str, bool | None]
    least_probability: float
    begins: tuple[int, str] = (0, "")

    @classmethod
    def of(cls, connection: Connection, part: EstimateFilter, rate: float) -> "_People":
        found = labels.find(connection, LabelQuery(service=part.service))
        return cls(outcomes_of(connection, found), rate)

    def of_sample(self, turns: Sequence[ScoredTurn]) -> dict[str, SampledTurn]:
        rate = self.least_probability
        return {
            turn.id: SampledTurn(rate, self.outcomes[turn.id]) for turn in turns if self._drew(turn)
        }

    def waits(self, turn: ScoredTurn) -> bool:
        return turn.id not in self.outcomes and self._drew(turn)

    def _drew(self, turn: ScoredTurn) -> bool:
        return draw(turn.trace_id) < self.least_probability


@dataclass(frozen=True, slots=True)
class _Judge:
    """Turns sampled for one judge revision, since its first judgement.

    What another revision decided on a sampled turn is unknown for this one; `queued` turns are
    still to be judged.
    """

    drawn: Mapping[str, SampledTurn]
    least_probability: float
    begins: tuple[int, str]
    queued: set[str]

    @classmethod
    def of(
        cls, scores: Sequence[SampledScore], revision: str, eager: float, queued: set[str]
    ) -> "_Judge":
        known = {
            name: SampledTurn(each.probability, None) for name, each in by_judge(scores).items()
        }
        mine = [score for score in scores if score.revision == revision]
        begins = min((score.started_ns, score.turn_id) for score in mine)
        return cls(known | by_judge(mine), _least(mine, eager), begins, queued)

    def of_sample(self, _turns: Sequence[ScoredTurn]) -> Mapping[str, SampledTurn]:
        return self.drawn

    def waits(self, turn: ScoredTurn) -> bool:
        return turn.id in self.queued


def _least(scores: Sequence[SampledScore], eager: float) -> float:
    """Smallest sampling probability of any turn.

    Rounded down, so that it stays the same while the settings do, and above no probability.
    """
    implied = [
        min(score.probability, score.probability / preference(score.p_unsupported, eager))
        for score in scores
    ]
    return float(f"{min(implied):.6g}") * (1 - 1e-5) if implied else 0.0


def estimate_json(each: FaithfulnessEstimate) -> dict[str, Any]:
    """Estimate as stored for the gauges."""
    rate = each.rate
    return {
        "value": rate.value,
        "interval": list(rate.interval),
        "effective": rate.effective,
        "labels": rate.n,
        "turns": rate.total,
        "method": rate.method.value,
        "statement": each.statement,
    }
