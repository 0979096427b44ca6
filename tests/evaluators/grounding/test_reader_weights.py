"""Weights of a reader fitted to labelled claims: slope, intercept, contradictions."""

import numpy as np

from groundwire_evaluators.grounding.reader_tuning import claims_to_fit
from groundwire_evaluators.grounding.reader_weights import (
    FALSE_ALARMS,
    NEVER,
    ReadClaims,
    doubts,
    fit_weights,
)
from groundwire_evaluators.reader import Card
from groundwire_evaluators.turn import Chunk, Turn


def claims(tells: float, count: int = 400) -> ReadClaims:
    """Claims whose rows say so much of what is wrong, and whose words say a little."""
    draw = np.random.default_rng(1)
    wrong = np.arange(count) % 5 == 0
    doubt = 1 / (1 + np.exp(-(draw.normal(size=count) + tells * (wrong - 0.5))))
    rows = np.stack([1 - doubt, doubt * 0.9, doubt * 0.1], axis=1)
    margins = draw.normal(size=count) + wrong - 1.5
    return ReadClaims(margins, rows, wrong, np.zeros(count, bool))


def test_a_reader_that_tells_gets_weight_and_flags_stay_as_frequent() -> None:
    data = claims(tells=4.0)
    weights = fit_weights(data)
    assert weights.not_there > 0.2
    after = data.margins + weights.not_there * doubts(data.rows) + weights.intercept
    assert (after >= -1e-9).sum() == (data.margins >= 0).sum()


def test_a_reader_that_says_the_opposite_gets_no_weight() -> None:
    weights = fit_weights(claims(tells=-4.0))
    assert (weights.not_there, weights.intercept) == (0.0, 0.0)


def test_contradictions_accuse_at_most_one_good_claim_in_a_hundred() -> None:
    data = claims(tells=4.0)
    least = fit_weights(data).contradicted
    assert (data.rows[~data.wrong, 2] >= least).mean() <= FALSE_ALARMS


def test_without_claims_of_a_kind_its_weights_do_nothing() -> None:
    weights = fit_weights(claims(tells=4.0))
    assert (weights.summary_not_there, weights.summary_contradicted) == (0.0, NEVER)


def test_the_claims_of_an_answer_come_with_pair_and_score_and_none_of_records() -> None:
    chunk = "The shop opens at nine. It closes at five."
    prose = Turn(
        question="When is the shop open?",
        chunks=(Chunk(text=chunk),),
        answer="The shop opens at nine. It closes at noon, after a long parade.",
    )
    found = claims_to_fit(prose, Card("any"))
    assert [one.pair[0] for one in found] == [
        "The shop opens at nine.",
        "It closes at noon, after a long parade.",
    ]
    assert found[0].score < found[1].score
    record = Turn(
        question=prose.question,
        chunks=(Chunk(text='{"shop": "corner", "opens": "nine"}'),),
        answer="The shop opens at nine.",
    )
    assert claims_to_fit(record, Card("any")) == []
