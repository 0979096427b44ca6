"""Verdict on an alarm: system or evaluator, by golden set and labels."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from groundwire_collector.drift.dimensions import DEPLOYED
from groundwire_collector.drift.missing_scores import MISSING_STATES
from groundwire_collector.drift.observation import SIGNALS, UNFAITHFUL
from groundwire_collector.estimates.faithfulness import by_people
from groundwire_collector.storage import estimates, golden
from groundwire_collector.storage.drift import BEHAVIOUR, Alarm
from groundwire_collector.storage.estimates import EstimateFilter
from groundwire_collector.storage.golden import GoldenRun, StoredAnswer
from groundwire_evaluators.drift.origin import (
    Origin,
    RepeatedJudgement,
    evaluator_shift,
    origin,
    truth_shift,
)
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.statistics.interval import Interval

EVALUATORS = {signal.name: signal.evaluator for signal in SIGNALS}
# Evaluators whose scores follow from the turn and their revision: they do not change silently.
REPRODUCIBLE = frozenset(EVALUATORS.values())
NEWEST = 5000  # labelled turns that are read on either side


@dataclass(frozen=True, slots=True)
class AlarmOrigin:
    """Verdict on an alarm, with its reasons in words."""

    verdict: Origin
    reasons: tuple[str, ...]


def origin_of(connection: Connection, alarm: Alarm, label_rate: float) -> AlarmOrigin:
    """Verdict on an alarm as of now; later golden replays and labels may decide it.

    The intervals are valid at every look (docs/explanation/drift.md). Price: one read of the labels
    of the service and of the golden replays of its evaluator.
    """
    if alarm.signal in MISSING_STATES:
        return _origin_of_missing(alarm)
    if alarm.signal.startswith(BEHAVIOUR):
        return AlarmOrigin(Origin.SYSTEM, ("Measured by fixed rules, which do not change",))
    if alarm.signal == UNFAITHFUL:
        return AlarmOrigin(Origin.SYSTEM, ("People's labels of drawn turns say so themselves",))
    evaluator = EVALUATORS.get(alarm.signal, alarm.signal)
    moved, reasons = _evaluator_moved(connection, alarm, evaluator)
    truth, by_labels = _truth_moved(connection, alarm, label_rate)
    verdict = origin(alarm.change.size, moved, truth)
    return AlarmOrigin(verdict, (*reasons, *by_labels))


def _origin_of_missing(alarm: Alarm) -> AlarmOrigin:
    """Of turns without a score, by the state of most of them: failures are the evaluator's."""
    failed = alarm.details.get("state") == State.FAILED
    verdict = Origin.EVALUATOR if failed else Origin.SYSTEM
    why = "evaluations failed" if failed else "the turns themselves offer nothing to score"
    return AlarmOrigin(verdict, (f"By the state of most turns without a score: {why}",))


def _evaluator_moved(
    connection: Connection, alarm: Alarm, evaluator: str
) -> tuple[Interval | None, list[str]]:
    runs = golden.ended(connection, evaluator, str(alarm.details.get("revision", "")))
    pairs = paired(
        runs, {run.id: golden.answers(connection, run) for run in runs}, alarm.change.interval
    )
    if pairs:
        share = float(alarm.details.get("baseline", {}).get("mean", 0.0))
        found = evaluator_shift(pairs, share)
        return found, [
            f"Golden set, {len(pairs)} answers judged again: the evaluator alone accounts for"
            f" {found.low:+.3f} to {found.high:+.3f}"
        ]
    if evaluator in REPRODUCIBLE:
        return Interval(0.0, 0.0), [
            f"The scores of {evaluator} follow from the turn and its revision, which is the same"
        ]
    return None, ["No golden set was replayed both before and after the change"]


def paired(
    runs: Sequence[GoldenRun],
    answers: Mapping[int, Sequence[StoredAnswer]],
    changed: tuple[int, int],
) -> list[RepeatedJudgement]:
    """Judgements of the same golden answers by replays before and after a change.

    Each replay is in one pair, newest before with oldest after; answers that were not decided in
    both are left out. `changed`: nanoseconds between which the change was.
    """
    after = [run for run in runs if run.started_ns > changed[1]]
    digest = after[0].digest if after else ""
    before = [
        run
        for run in runs
        if run.digest == digest and (run.ended_ns or run.started_ns) < changed[0]
    ]
    same = [run for run in after if run.digest == digest]
    found = []
    for old, new in zip(reversed(before), same, strict=False):
        known = {each.key: each.judged_unsupported for each in answers[old.id]}
        for each in sorted(answers[new.id], key=lambda each: _shuffled(each.key, new.id)):
            judged = known.get(each.key)
            if judged is not None and each.judged_unsupported is not None:
                pair = (float(judged), float(each.judged_unsupported))
                found.append(RepeatedJudgement(*pair, each.unsupported))
    return found


def _shuffled(key: str, run: int) -> bytes:
    """A place in an order that owes nothing to what the set is sorted by."""
    return hashlib.blake2b(f"{run} {key}".encode(), digest_size=8).digest()


def _truth_moved(
    connection: Connection, alarm: Alarm, label_rate: float
) -> tuple[Interval | None, list[str]]:
    """Change of the labelled truth, by randomly drawn turns that people labelled.

    None for a segment that is not a version: labels are too few for those.
    """
    dimension, value = alarm.change.segment
    if dimension and dimension not in DEPLOYED:
        return None, []
    first, last = alarm.change.interval
    segment: dict[str, Any] = {dimension: value} if dimension else {}
    whole = EstimateFilter(service=alarm.service, until_ns=first)
    since = EstimateFilter(service=alarm.service, since_ns=last, **segment)
    before = _true_losses(connection, whole, label_rate)
    after = _true_losses(connection, since, label_rate)
    found = truth_shift(before, after)
    if found is None:
        return None, []
    return found, [
        f"{len(before)} labelled answers before and {len(after)} since: the share of unsupported"
        f" ones grew by {found.low:+.3f} to {found.high:+.3f}"
    ]


def _true_losses(connection: Connection, part: EstimateFilter, label_rate: float) -> list[float]:
    """1 for each labelled answer that is not faithful, of turns drawn with the usual chance."""
    turns = {
        turn.id: turn for turn in estimates.scored_turns(connection, part, "model_version", NEWEST)
    }
    drawn, _ = by_people(connection, part, turns, label_rate)
    usual = Counter(each.probability for each in drawn.values()).most_common(1)
    return [
        1.0 - float(drawn[turn].faithful or False)
        for turn in turns
        if turn in drawn
        and drawn[turn].faithful is not None
        and drawn[turn].probability == usual[0][0]
    ]
