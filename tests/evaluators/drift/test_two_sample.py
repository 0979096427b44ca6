import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline, TwoSampleESR

MASS = 1e-5


def alarm(baseline: np.ndarray, losses: np.ndarray, min_effect: float = 0.03) -> int | None:
    detector = TwoSampleESR(baseline=Baseline.from_losses(baseline), min_effect=min_effect)
    fed = detector.update_many(losses, np.full(len(losses), MASS), range(len(losses)))
    return fed - 1 if detector.drift_detected else None


def test_alarm_indices_are_pinned() -> None:
    """A change of the bets moves these; the guarantee is tested elsewhere."""
    rng = np.random.default_rng(5)
    rare = (rng.random(2000) < 0.05).astype(float)
    graded = rng.beta(2, 18, 500)
    later = np.concatenate((rng.beta(2, 18, 300), rng.beta(3, 17, 300)))
    found = [
        alarm(rare, (rng.random(3000) < 0.1).astype(float)),
        alarm(rare, (rng.random(3000) < 0.3).astype(float)),
        alarm(graded, later),
    ]
    assert found == [542, 53, 364]


@pytest.mark.parametrize("n", [100, 500, 2000])
def test_a_signal_that_was_never_seen_alarms_soon_after_it_appears(n: int) -> None:
    rng = np.random.default_rng(n)
    losses = np.concatenate((np.zeros(500), (rng.random(500) < 0.3).astype(float)))
    found = alarm(np.zeros(n), losses)
    assert found is not None
    assert 500 < found < 560


def test_one_bad_turn_after_none_is_no_alarm() -> None:
    losses = np.zeros(1000)
    losses[500] = 1.0
    assert alarm(np.zeros(500), losses) is None


def test_equal_losses_stay_silent_and_then_alarm() -> None:
    losses = np.concatenate((np.full(500, 0.2), np.full(200, 0.3)))
    found = alarm(np.full(500, 0.2), losses)
    assert found is not None
    assert found > 500


def test_a_stream_that_was_always_bad_cannot_alarm() -> None:
    assert alarm(np.ones(500), np.ones(2000)) is None


def test_a_tiny_baseline_says_little() -> None:
    rng = np.random.default_rng(3)
    assert alarm(np.array([0.0, 1.0]), (rng.random(2000) < 0.9).astype(float)) is None


def test_a_larger_baseline_finds_the_same_change_sooner() -> None:
    rng = np.random.default_rng(4)
    losses = (rng.random(6000) < 0.1).astype(float)
    delays = [alarm((np.arange(n) % 20 == 7).astype(float), losses) for n in (500, 2000, 20_000)]
    assert None not in delays
    assert delays == sorted(delays, key=lambda delay: -(delay or 0))


def test_more_mass_on_the_turn_of_a_deployment_shortens_the_delay() -> None:
    rng = np.random.default_rng(6)
    baseline = Baseline.from_losses((rng.random(2000) < 0.05).astype(float))
    losses = (rng.random(3000) < 0.1).astype(float)
    uniform = np.full(3000, 1e-6)
    deployed = uniform.copy()
    deployed[0] = 1e-2
    fed = [
        TwoSampleESR(baseline=baseline).update_many(losses, masses, range(3000))
        for masses in (uniform, deployed)
    ]
    assert fed[1] < 0.8 * fed[0]


@pytest.mark.parametrize("min_effect", [0.0, 1.0, -0.1, float("nan")])
def test_refuses_an_effect_that_is_none(min_effect: float) -> None:
    with pytest.raises(ValueError, match="min_effect"):
        TwoSampleESR(baseline=Baseline.from_losses([0.0, 1.0]), min_effect=min_effect)
