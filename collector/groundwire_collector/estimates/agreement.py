"""Agreement of evaluators with people, and of people with each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Connection

from groundwire_collector.estimates.faithfulness import SampledTurn, by_people, outcomes_of
from groundwire_collector.storage import estimates, labels
from groundwire_collector.storage.estimates import DecidedScore, EstimateFilter, ScoredTurn
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_evaluators.statistics import (
    Agreement,
    Kappa,
    Reliability,
    agreement,
    cohen_kappa,
    reliability,
)


@dataclass(frozen=True, slots=True)
class EvaluatorAgreement:
    """Agreement of an evaluator revision with people, on `turns` sampled turns.

    What counts as positive is an answer that is not faithful. `calibration` is that of
    p_unsupported, None of an evaluator that gives none.

    >>> from groundwire_evaluators.statistics import agreement
    >>> flagged, unfaithful = [True, True, False, False], [True, False, False, False]
    >>> judge = EvaluatorAgreement(
    ...     evaluator="judge", revision="1", turns=4,
    ...     agreement=agreement(flagged, unfaithful), calibration=None,
    ... )
    >>> judge.agreement.agreed.value, judge.agreement.kappa.value
    (0.75, 0.5)
    """

    evaluator: str
    revision: str
    turns: int
    agreement: Agreement
    calibration: Reliability | None


@dataclass(frozen=True, slots=True)
class LabellerAgreement:
    """Agreement of two labellers, on answers that both decided."""

    labellers: tuple[str, str]
    kappa: Kappa


def of_evaluators(
    connection: Connection, part: EstimateFilter, label_rate: float
) -> list[EvaluatorAgreement]:
    """Every evaluator that decided drawn, labelled answers; those of most turns first."""
    query = LabelQuery(service=part.service, services=part.services)
    labelled = {label.turn_id for label in labels.find(connection, query)}
    found_turns = estimates.scored_turns_of(connection, part, labelled)
    turns = {turn.id: turn for turn in found_turns}
    drawn, _ = by_people(connection, part, turns, label_rate)
    decided = {name: each for name, each in drawn.items() if each.faithful is not None}
    groups: dict[tuple[str, str], list[DecidedScore]] = {}
    for score in estimates.scores_of(connection, decided):
        groups.setdefault((score.evaluator, score.revision), []).append(score)
    found = [_of_one(scores, decided, turns) for scores in groups.values()]
    return sorted(found, key=lambda each: (-each.turns, each.evaluator, each.revision))


def _of_one(
    scores: list[DecidedScore], decided: Mapping[str, SampledTurn], turns: Mapping[str, ScoredTurn]
) -> EvaluatorAgreement:
    truth = [decided[each.turn_id].faithful is False for each in scores]
    clusters = [turns[each.turn_id].session for each in scores]
    chances = [decided[each.turn_id].probability * (each.probability or 1.0) for each in scores]
    decisions = [each.faithful is False for each in scores]
    doubts = [each.p_unsupported for each in scores]
    certain = [min(max(doubt, 0.0), 1.0) for doubt in doubts if doubt is not None]
    return EvaluatorAgreement(
        evaluator=scores[0].evaluator,
        revision=scores[0].revision,
        turns=len(scores),
        agreement=agreement(decisions, truth, probabilities=chances, clusters=clusters),
        calibration=reliability(certain, truth, clusters) if len(certain) == len(truth) else None,
    )


def of_labellers(connection: Connection, part: EstimateFilter) -> list[LabellerAgreement]:
    """Agreement of every pair of labellers, over all labelled turns."""
    query = LabelQuery(service=part.service, services=part.services, since_ns=part.since_ns)
    by_labeller: dict[str, list[Label]] = {}
    for label in labels.find(connection, query):
        by_labeller.setdefault(label.labeller, []).append(label)
    outcomes = {name: outcomes_of(connection, mine) for name, mine in by_labeller.items()}
    return [
        LabellerAgreement((one, other), _kappa(outcomes[one], outcomes[other]))
        for one, other in combinations(sorted(outcomes), 2)
        if _both(outcomes[one], outcomes[other])
    ]


def _kappa(one: Mapping[str, bool | None], other: Mapping[str, bool | None]) -> Kappa:
    names = _both(one, other)
    return cohen_kappa([not one[name] for name in names], [not other[name] for name in names])


def _both(one: Mapping[str, bool | None], other: Mapping[str, bool | None]) -> list[str]:
    return sorted(
        name for name, each in one.items() if each is not None and other.get(name) is not None
    )
