import numpy as np
import pytest

from groundwire_collector.offline.score_summary import ScoreSummary
from groundwire_evaluators.evaluation import Evaluation, State


def scored(value: float, flagged: bool = False) -> Evaluation:
    return Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, value=value, flagged=flagged
    )


REFUSAL = Evaluation(evaluator="grounding", revision="1", state=State.REFUSAL)


def summary_of(evaluations: list[Evaluation]) -> ScoreSummary:
    summary = ScoreSummary()
    for evaluation in evaluations:
        summary.add(evaluation)
    return summary


def test_only_scored_answers_enter_share_and_mean() -> None:

    found = summary_of([scored(1.0), scored(0.0, flagged=True), REFUSAL]).as_record()
    assert (found["answers"], found["states"]) == (3, {"scored": 2, "refusal": 1})
    assert (found["flagged"], found["flagged_share"], found["mean"]) == (1, 0.5, 0.5)


def test_the_interval_of_the_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(1).beta(8, 2, size=400)
    low, high = summary_of([scored(float(value)) for value in values]).mean_interval()
    half = 1.959964 * values.std(ddof=1) / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half))


@pytest.mark.parametrize("evaluations", [[], [REFUSAL]])
def test_without_a_score_there_are_counts_alone(evaluations: list[Evaluation]) -> None:
    summary = summary_of(evaluations)
    assert set(summary.as_record()) == {"answers", "states"}
    assert len(list(summary.lines("faithfulness"))) == 1


def test_one_answer_says_nothing_about_the_mean() -> None:
    assert tuple(summary_of([scored(0.7)]).mean_interval()) == (0.0, 1.0)
