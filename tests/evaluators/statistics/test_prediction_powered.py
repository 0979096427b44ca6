"""A mean from few labels and a cheap score: that it holds what it says, and what it costs."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import (
    EstimationMethod,
    Interval,
    LabelledSample,
    estimate_rate,
    labels_only,
    prediction_powered,
    score_strata,
)

RATE = 0.2


def traffic(
    generator: np.random.Generator, total: int, separation: float = 1.5, rate: float = RATE
) -> tuple[np.ndarray, np.ndarray]:
    """Scores that tell the outcome as well as `separation` says, calibrated; and the outcomes."""
    outcomes = (generator.random(total) < rate).astype(float)
    seen = generator.normal(size=total) + separation * outcomes
    log_odds = separation * seen - separation**2 / 2 + np.log(rate / (1 - rate))
    return 1 / (1 + np.exp(-log_odds)), outcomes


def drawn(generator: np.random.Generator, total: int, n: int) -> np.ndarray:
    return np.sort(generator.choice(total, n, replace=False))


def width(interval: Interval) -> float:
    return interval.high - interval.low


def waves(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and outcomes that every machine and language makes alike."""
    i = np.arange(count)
    scores = 0.5 + 0.45 * np.sin(1.7 * i + 0.3 * np.sin(i))
    return scores, (np.sin(12.9898 * i) * 43758.5453 % 1 < 0.15 + 0.7 * scores).astype(float)


@pytest.mark.parametrize(
    ("n", "unlabelled", "value", "interval"),
    [
        (120, 2000, 0.5488357510632824, (0.46944499096746634, 0.6282265111590986)),
        (60, 240, 0.535138091098294, (0.42565741760856013, 0.6446187645880279)),
    ],
)
def test_it_says_what_the_reference_implementation_says(n, unlabelled, value, interval) -> None:
    # ppi-python 0.2.3: ppi_mean_pointestimate, ppi_mean_ci
    # (docs/explanation/judges-and-estimates.md)
    scores, outcomes = waves(n + unlabelled)
    ours = prediction_powered(LabelledSample.of(scores, np.arange(n), outcomes[:n]))
    assert ours.value == pytest.approx(value, abs=0.002)
    assert width(ours.interval()) == pytest.approx(interval[1] - interval[0], rel=0.03)
    assert ours.interval() == pytest.approx(interval, abs=0.006)


@pytest.mark.parametrize("uneven", [False, True])
def test_the_interval_holds_the_rate_as_often_as_it_says(uneven: bool) -> None:
    generator, held, runs = np.random.default_rng(5), 0, 600
    for _ in range(runs):
        scores, outcomes = traffic(generator, 1200)
        if uneven:  # uncertain ones are drawn more often
            chances = np.clip(0.25 * np.sqrt(scores * (1 - scores)) + 0.03, 0, 1)
            labelled = np.flatnonzero(generator.random(1200) < chances)
            sample = LabelledSample.of(
                scores, labelled, outcomes[labelled], probabilities=chances[labelled]
            )
        else:
            labelled = drawn(generator, 1200, 150)
            sample = LabelledSample.of(scores, labelled, outcomes[labelled])
        interval = estimate_rate(sample).interval
        held += interval.low <= RATE <= interval.high
    assert 0.93 <= held / runs <= 0.975


def test_sessions_whose_turns_agree_widen_the_interval_to_what_holds() -> None:
    generator, held, blind, runs = np.random.default_rng(6), 0, 0, 300
    sessions = np.repeat(np.arange(300), 4)
    for _ in range(runs):
        scores, outcomes = traffic(generator, 300, rate=0.4)
        scores, outcomes = np.repeat(scores, 4), np.repeat(outcomes, 4)
        labelled = np.flatnonzero(np.isin(sessions, drawn(generator, 300, 80)))
        provided = (scores, labelled, outcomes[labelled])
        interval = estimate_rate(LabelledSample.of(*provided, clusters=sessions.tolist())).interval
        held += interval.low <= 0.4 <= interval.high
        interval = estimate_rate(LabelledSample.of(*provided)).interval
        blind += interval.low <= 0.4 <= interval.high
    assert held / runs >= 0.92
    assert blind / runs < 0.8


@pytest.mark.parametrize("separation", [0.0, 0.3, 2.0])
def test_it_is_never_wider_than_the_labels_alone(separation: float) -> None:
    generator = np.random.default_rng(7)
    for n in (5, 40, 120, 400):
        scores, outcomes = traffic(generator, 2000, separation)
        labelled = drawn(generator, 2000, n)
        rate = estimate_rate(LabelledSample.of(scores, labelled, outcomes[labelled]))
        assert width(rate.interval) <= width(rate.labels_only) * 1.02


def test_a_good_score_makes_labels_more_informative_and_a_bad_one_is_left_out() -> None:
    generator = np.random.default_rng(8)
    scores, outcomes = traffic(generator, 4000, 3.0)
    labelled = drawn(generator, 4000, 200)
    good = estimate_rate(LabelledSample.of(scores, labelled, outcomes[labelled]))
    assert good.method in {
        EstimationMethod.POWERED,
        EstimationMethod.STRATIFIED,
        EstimationMethod.ERROR_RATES,
    }
    assert good.effective > 1.8 * good.n
    turned = estimate_rate(LabelledSample.of(1 - scores, labelled, outcomes[labelled]))
    assert turned.interval == pytest.approx(good.interval, abs=0.01)
    noise = estimate_rate(LabelledSample.of(generator.random(4000), labelled, outcomes[labelled]))
    assert noise.effective < 1.1 * noise.n


def test_a_score_that_is_wrong_everywhere_alike_does_no_harm() -> None:
    generator = np.random.default_rng(9)
    scores, outcomes = traffic(generator, 3000, 2.0)
    labelled = drawn(generator, 3000, 300)
    right, shifted = (
        prediction_powered(LabelledSample.of(provided, labelled, outcomes[labelled]))
        for provided in (scores, scores / 2 + 0.4)
    )
    assert shifted.value == pytest.approx(right.value)
    assert shifted.variance == pytest.approx(right.variance)


def test_few_of_the_rarer_outcome_get_an_exact_interval_and_the_reason_is_stated() -> None:
    generator = np.random.default_rng(10)
    scores, outcomes = traffic(generator, 2000, rate=0.05)
    labelled = drawn(generator, 2000, 120)
    noise = LabelledSample.of(generator.random(2000), labelled, outcomes[labelled])
    rate = estimate_rate(noise)
    assert rate.method is EstimationMethod.EXACT
    assert rate.rare < 20
    assert "below 20" in rate.reason
    weighted = LabelledSample.of(
        scores, labelled, outcomes[labelled], probabilities=np.linspace(0.1, 0.9, 120)
    )
    assert estimate_rate(weighted).method is EstimationMethod.NEARLY_EXACT
    assert estimate_rate(weighted).effective < 120


def test_a_score_that_finds_the_rarer_outcome_narrows_the_exact_interval() -> None:
    generator, held, runs, narrowed = np.random.default_rng(14), 0, 300, []
    for _ in range(runs):
        outcomes = (generator.random(4000) < 0.05).astype(float)
        scores = np.where(outcomes == 1, generator.random(4000) < 0.9, 0.0)
        labelled = drawn(generator, 4000, 150)
        rate = estimate_rate(LabelledSample.of(scores, labelled, outcomes[labelled]))
        assert rate.rare < 20
        held += rate.interval.low <= 0.05 <= rate.interval.high
        narrowed.append(width(rate.interval) / width(rate.labels_only))
    assert held / runs >= 0.94
    assert np.mean(narrowed) < 0.8


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.8, 0.9), (0.95, 1.0)])
def test_an_unlucky_draw_of_few_positives_is_made_up_for_by_a_good_score(
    sensitivity: float, specificity: float
) -> None:
    generator, held, runs = np.random.default_rng(15), 0, 500
    for _ in range(runs):
        outcomes = (generator.random(6000) < 0.3).astype(float)
        hits, passes = generator.random((2, 6000)) < [[sensitivity], [specificity]]
        scores = np.where(outcomes == 1, hits, ~passes).astype(float)
        labelled = drawn(generator, 6000, 100)
        interval = estimate_rate(LabelledSample.of(scores, labelled, outcomes[labelled])).interval
        held += interval.low <= 0.3 <= interval.high
    assert held / runs >= 0.94


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_labels_that_all_say_the_same_leave_room_for_what_was_not_seen(outcome: float) -> None:
    scores, labelled = np.linspace(0, 1, 500), np.arange(0, 500, 10)
    rate = estimate_rate(LabelledSample.of(scores, labelled, np.full(50, outcome)))
    assert (rate.value, rate.method) == (outcome, EstimationMethod.EXACT)
    assert width(rate.interval) == pytest.approx(1 - 0.025 ** (1 / 50))


def test_a_score_without_variance_is_left_out() -> None:
    outcomes = np.tile([0.0, 1.0], 50)
    rate = estimate_rate(LabelledSample.of(np.full(900, 0.7), np.arange(100), outcomes))
    assert (rate.method, rate.value) == (EstimationMethod.LABELS_ONLY, 0.5)


def test_extreme_weights_leave_few_effective_labels() -> None:
    generator = np.random.default_rng(11)
    scores, outcomes = traffic(generator, 4000, rate=0.5)
    chances = np.where(np.arange(300) < 2, 0.0005, 0.9)
    rate = estimate_rate(
        LabelledSample.of(scores, np.arange(300), outcomes[:300], probabilities=chances)
    )
    assert rate.method is EstimationMethod.NEARLY_EXACT
    assert rate.effective < 5
    assert width(rate.interval) > 0.5


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_nothing_is_reported_as_such(n: int) -> None:
    rate = estimate_rate(LabelledSample.of([0.5, 0.6, 0.7], list(range(n)), [1.0] * n))
    assert rate.n == n
    assert width(rate.interval) >= 0.97
    assert rate.method is (EstimationMethod.EXACT if n else EstimationMethod.NONE)


def test_a_stratum_without_a_label_is_refused_and_none_is_made_by_score() -> None:
    sample = LabelledSample.of(np.linspace(0, 1, 400), np.arange(300, 400), np.tile([0.0, 1.0], 50))
    assert not score_strata(sample, 4, 20).any()
    with pytest.raises(ValueError, match="no label"):
        prediction_powered(sample.stratified(np.repeat([0, 1], 200)))


def test_strata_of_different_rates_are_put_together_by_their_size() -> None:
    scores = np.concatenate((np.full(900, 0.2), np.full(100, 0.8)))
    labelled = np.concatenate((np.arange(50), np.arange(900, 950)))  # half of each
    outcomes = np.concatenate((np.tile([0, 0, 0, 0, 1], 10), np.tile([1, 1, 1, 1, 0], 10)))
    sample = LabelledSample.of(scores, labelled, outcomes, strata=["a"] * 900 + ["b"] * 100)
    assert prediction_powered(sample).value == pytest.approx(0.9 * 0.2 + 0.1 * 0.8)
    assert labels_only(sample).value == pytest.approx(0.5)


@pytest.mark.parametrize(
    "changed",
    [
        {"scores": [0.1, float("nan"), 0.3]},
        {"scores": [0.1, 1.2, 0.3]},
        {"outcomes": [float("nan"), 1.0]},
        {"outcomes": [1.0]},
        {"labelled": [0, 3]},
        {"labelled": [-1, 0]},
        {"labelled": [0, 0]},
        {"probabilities": [0.0, 0.5]},
        {"probabilities": [0.5, float("nan")]},
        {"clusters": ["a"]},
    ],
)
def test_what_is_no_sample_is_refused(changed: dict) -> None:
    provided = {"scores": [0.1, 0.2, 0.3], "labelled": [0, 1], "outcomes": [0.0, 1.0]} | changed
    arguments = [provided.pop(name) for name in ("scores", "labelled", "outcomes")]
    with pytest.raises(ValueError, match=r"."):
        LabelledSample.of(*arguments, **provided)


def test_outcomes_between_are_no_rate() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        estimate_rate(LabelledSample.of([0.5, 0.6, 0.7], [0, 1], [0.5, 1.0]))


@pytest.mark.parametrize(
    ("n", "rate", "sensitivity", "specificity"),
    [(100, 0.3, 0.95, 1.0), (200, 0.2, 0.97, 1.0), (400, 0.2, 0.99, 1.0), (150, 0.7, 1.0, 0.96)],
)
def test_a_score_that_is_seldom_wrong_keeps_the_level_and_still_helps(
    n: int, rate: float, sensitivity: float, specificity: float
) -> None:
    runs, held, narrower = 150, 0, 0
    for seed in range(runs):
        generator = np.random.default_rng(seed)
        outcomes = (generator.random(3000) < rate).astype(float)
        right = np.where(outcomes == 1, sensitivity, specificity)
        scores = np.where(generator.random(3000) < right, outcomes, 1 - outcomes)
        labelled = drawn(generator, 3000, n)
        found = estimate_rate(LabelledSample.of(scores, labelled, outcomes[labelled]))
        held += found.interval.low <= rate <= found.interval.high
        narrower += width(found.interval) < width(found.labels_only)
    assert held / runs >= 0.94
    assert narrower / runs > 0.8


# Mean and standard error of glide-py 0.11.0 (`PPIMeanEstimator`, Python 3.12) for the same data.
GLIDE = {
    "good": (0.2004169511877959, 0.008910912104824425),
    "biased": (0.19932116908474828, 0.016258191422845167),
    "useless": (0.19472416605883788, 0.022965884086465584),
}


@pytest.mark.parametrize("score", GLIDE)
def test_mean_and_error_are_those_of_another_library(score: str) -> None:
    """Up to a thousandth: it treats labelled and unlabelled turns as two samples."""
    numbers = np.arange(3000)
    bad = ((numbers * 0.6180339887) % 1 < 0.2).astype(float)
    noise = (numbers * 0.7548776662) % 1
    scores = {
        "good": 0.75 * bad + 0.25 * noise,
        "biased": 0.4 * bad + 0.5 * noise + 0.05,
        "useless": noise,
    }[score]
    labelled = np.flatnonzero((numbers * 0.5698402910) % 1 < 0.1)
    found = prediction_powered(LabelledSample.of(scores, labelled, bad[labelled]))
    mean, error = GLIDE[score]
    assert found.value == pytest.approx(mean, abs=0.001)
    assert found.variance**0.5 == pytest.approx(error, rel=0.01)
