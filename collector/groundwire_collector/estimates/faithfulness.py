"""Prediction-powered estimate of faithfulness: the cheap score, corrected by few labels.

The cheap score of a turn is 1 - p_unsupported. What corrects it is the reference: people, or a
judge; a correction toward a judge is told as that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from sqlalchemy import Connection

from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage import estimates, labels
from groundwire_collector.storage.estimates import (
    Dimension,
    EstimateFilter,
    SampledScore,
    ScoredTurn,
)
from groundwire_collector.storage.labels import Label, LabelQuery
from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.statistics import LabelledSample, Rate, estimate_rate

HUMAN, JUDGE = "human", "judge"
FAITHFUL = {Verdict.SUPPORTED.value, Verdict.NOT_A_CLAIM.value}
NARROW = 0.03  # intervals narrower than this are shown to a tenth of a percent
UNFAITHFUL = {Verdict.UNSUPPORTED.value, Verdict.CONTRADICTED.value}


@dataclass(frozen=True, slots=True)
class SampledTurn:
    """Randomly sampled turn; `faithful` is None where the reference is undecided."""

    probability: float
    faithful: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaithfulnessEstimate:
    """Share of faithful answers in a segment, by one reference.

    `drawn` turns were drawn for the reference, of which it decided `rate.n`; `chosen` more were
    labelled although nobody drew them, and are not used. `since_ns` to `until_ns` is what the
    scored turns span.

    >>> from groundwire_evaluators.statistics import LabelledSample, estimate_rate
    >>> sample = LabelledSample.of([0.8] * 1000, range(200), [1.0, 1.0, 1.0, 0.0] * 50)
    >>> estimate = FaithfulnessEstimate(
    ...     service="shop", value="", reference="human", evaluator="", revision="",
    ...     rate=estimate_rate(sample), drawn=200, chosen=0, since_ns=0, until_ns=1,
    ... )
    >>> estimate.statement
    'uncorrected 80%, corrected by 200 human labels: 75% (69% to 81%)'
    """

    service: str
    value: str  # of the dimension
    reference: str
    evaluator: str  # the judge; "" for people
    revision: str
    rate: Rate
    drawn: int
    chosen: int
    since_ns: int
    until_ns: int

    @property
    def statement(self) -> str:
        """Uncorrected and corrected share of supported answers, in one line."""
        rate = self.rate
        low, high = rate.interval
        form = ".0%" if high - low >= NARROW else ".1%"
        cheap = f"uncorrected {rate.cheap or 0.0:{form}}"
        who = "human labels" if self.reference == HUMAN else f"judgements of {self.evaluator}"
        if rate.value is None:
            left_out = f"; {self.chosen} labels of turns that were not sampled are excluded"
            return f"{cheap}; no sampled turn has {who}{left_out if self.chosen else ''}"
        verb = "corrected toward a judge by" if self.reference == JUDGE else "corrected by"
        found = f"{rate.value:{form}} ({low:{form}} to {high:{form}})"
        return f"{cheap}, {verb} {rate.n} {who}: {found}"


def by_people(
    connection: Connection, part: EstimateFilter, turns: Mapping[str, ScoredTurn], rate: float
) -> tuple[dict[str, SampledTurn], set[str]]:
    """The labelled turns that were drawn, and the ids of those that were chosen by people."""
    query = LabelQuery(service=part.service, services=part.services)
    found = [each for each in labels.find(connection, query) if each.turn_id in turns]
    outcomes = outcomes_of(connection, found)
    probabilities = {
        each.turn_id: each.probability for each in found if each.probability is not None
    }
    drawn, chosen = {}, set()
    for turn_id, outcome in outcomes.items():
        ours = rate if draw(turns[turn_id].trace_id) < rate else None
        probability = probabilities.get(turn_id, ours)
        if probability is None:
            chosen.add(turn_id)
        else:
            drawn[turn_id] = SampledTurn(probability, outcome)
    return drawn, chosen


def outcomes_of(connection: Connection, found: Sequence[Label]) -> dict[str, bool | None]:
    """`outcomes` of labels with their history."""
    claimed = {each.turn_id for each in found if each.start is not None}
    return outcomes(labels.current(found), estimates.claims_of(connection, claimed))


def outcomes(
    current: Iterable[Label], claims: Mapping[str, set[tuple[int, int]]]
) -> dict[str, bool | None]:
    """Faithfulness of each labelled answer, by majority of its labellers.

    A labeller says it by a verdict of the whole answer, else by verdicts of all its claims. None
    where a turn is undecided, or as many say one thing as the other.

    >>> from groundwire_collector.storage.labels import Label
    >>> ada = Label(turn_id="t1", labeller="ada", labelled_ns=1, verdict="supported")
    >>> bob = Label(turn_id="t1", labeller="bob", labelled_ns=2, verdict="unsupported")
    >>> eve = Label(turn_id="t1", labeller="eve", labelled_ns=3, verdict="supported")
    >>> outcomes([ada, bob], claims={}), outcomes([ada, bob, eve], claims={})
    ({'t1': None}, {'t1': True})
    """
    votes: dict[str, list[bool | None]] = {}
    ordered = sorted(current, key=lambda each: (each.turn_id, each.labeller))
    for (turn_id, _), group in groupby(ordered, key=lambda each: (each.turn_id, each.labeller)):
        mine = [each for each in group if each.verdict is not None]
        whole = [each.verdict for each in mine if each.start is None]
        parts = {(each.start, each.end): each.verdict for each in mine if each.start is not None}
        wanted = claims.get(turn_id, set())
        if whole:
            votes.setdefault(turn_id, []).append(_is_faithful(whole[0]))
        elif wanted and wanted <= parts.keys():
            verdicts = [_is_faithful(parts[start, end]) for start, end in wanted]
            votes.setdefault(turn_id, []).append(_all(verdicts))
    return {turn_id: _majority(verdicts) for turn_id, verdicts in votes.items()}


def by_judge(scores: Iterable[SampledScore]) -> dict[str, SampledTurn]:
    return {each.turn_id: SampledTurn(each.probability, each.faithful) for each in scores}


@dataclass(frozen=True, slots=True)
class LabelledTurns:
    """Newest scored turns, with those that people labelled."""

    turns: Mapping[str, ScoredTurn]
    drawn: Mapping[str, SampledTurn]
    chosen: set[str]

    @property
    def decided(self) -> dict[str, bool]:
        """Whether each drawn turn is faithful, where people agree."""
        return {
            name: each.faithful for name, each in self.drawn.items() if each.faithful is not None
        }


def labelled_turns(
    connection: Connection, part: EstimateFilter, dimension: Dimension, label_rate: float
) -> LabelledTurns:
    """Read the newest 50,000 scored turns and their labels; some 20 microseconds a turn."""
    turns = {turn.id: turn for turn in estimates.scored_turns(connection, part, dimension)}
    drawn, chosen = by_people(connection, part, turns, label_rate)
    return LabelledTurns(turns, drawn, chosen)


def faithfulness(
    connection: Connection, part: EstimateFilter, dimension: Dimension, label_rate: float
) -> list[FaithfulnessEstimate]:
    """Every segment that anything was labelled or judged in; by people first.

    Price: that of `labelled_turns`.
    """
    sample = labelled_turns(connection, part, dimension, label_rate)
    return faithfulness_of(connection, part, sample)


def faithfulness_of(
    connection: Connection, part: EstimateFilter, sample: LabelledTurns
) -> list[FaithfulnessEstimate]:
    """As `faithfulness`, of a sample that was read before."""
    turns = sample.turns
    found = _segments(turns, HUMAN, "", "", sample.drawn, sample.chosen)
    scores = [each for each in estimates.drawn_scores(connection, part) if each.turn_id in turns]
    for evaluator in sorted({each.evaluator for each in scores if each.faithful is not None}):
        mine = [each for each in scores if each.evaluator == evaluator]
        revision = max(mine, key=lambda each: turns[each.turn_id].started_ns).revision
        same = [each for each in mine if each.revision == revision]
        since = _since(turns, (each.turn_id for each in same))
        found += _segments(since, JUDGE, evaluator, revision, by_judge(same), set())
    return sorted(
        found, key=lambda each: (each.service, each.value, each.reference, each.evaluator)
    )


def _since(turns: Mapping[str, ScoredTurn], drawn: Iterable[str]) -> dict[str, ScoredTurn]:
    """Turns since the first sampled one of their service."""
    first: dict[str, int] = {}
    for name in drawn:
        turn = turns[name]
        first[turn.service] = min(first.get(turn.service, turn.started_ns), turn.started_ns)
    return {
        name: turn
        for name, turn in turns.items()
        if turn.started_ns >= first.get(turn.service, turn.started_ns + 1)
    }


def _segments(
    turns: Mapping[str, ScoredTurn],
    reference: str,
    evaluator: str,
    revision: str,
    drawn: Mapping[str, SampledTurn],
    chosen: set[str],
) -> list[FaithfulnessEstimate]:
    members: dict[tuple[str, str], list[ScoredTurn]] = {}
    for turn in turns.values():
        members.setdefault((turn.service, turn.value), []).append(turn)
    touched = {(turns[name].service, turns[name].value) for name in {*drawn, *chosen}}
    return [
        FaithfulnessEstimate(
            service=service,
            value=value,
            reference=reference,
            evaluator=evaluator,
            revision=revision,
            rate=_rate(members[service, value], drawn),
            drawn=sum(turn.id in drawn for turn in members[service, value]),
            chosen=sum(turn.id in chosen for turn in members[service, value]),
            since_ns=members[service, value][0].started_ns,
            until_ns=members[service, value][-1].started_ns,
        )
        for service, value in touched
    ]


def _rate(turns: Sequence[ScoredTurn], drawn: Mapping[str, SampledTurn]) -> Rate:
    decided = [
        (at, found)
        for at, turn in enumerate(turns)
        if (found := drawn.get(turn.id)) is not None and found.faithful is not None
    ]
    sample = LabelledSample.of(
        np.clip([1 - turn.p_unsupported for turn in turns], 0.0, 1.0),
        [at for at, _ in decided],
        [float(bool(found.faithful)) for _, found in decided],
        probabilities=[found.probability for _, found in decided],
        clusters=[turn.session for turn in turns],
    )
    return estimate_rate(sample)


def _is_faithful(verdict: str | None) -> bool | None:
    if verdict in FAITHFUL:
        return True
    return False if verdict in UNFAITHFUL else None


def _all(verdicts: Sequence[bool | None]) -> bool | None:
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _majority(verdicts: Sequence[bool | None]) -> bool | None:
    yes, no = verdicts.count(True), verdicts.count(False)
    return None if yes == no else yes > no
