import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline, Change, TwoSampleESR

LAWS = {
    "rare": (lambda rng, n, worse: rng.random(n) < (0.15 if worse else 0.05), 0.10),
    "graded": (lambda rng, n, worse: rng.beta(3 if worse else 2, 17 if worse else 18, n), 0.05),
    "new": (lambda rng, n, worse: rng.random(n) < (0.1 if worse else 0.0), 0.10),
}


def test_a_detector_without_turns_has_found_no_change() -> None:
    assert TwoSampleESR(baseline=Baseline.from_losses([0.0, 0.1] * 100)).change is None


def test_start_and_size_lie_in_their_intervals() -> None:
    detector = TwoSampleESR(baseline=Baseline.from_losses([0.0, 0.1] * 100))
    for second in range(300):
        detector.update(0.05 if second < 200 else 0.9, 1e-3, second)
    change = detector.change
    assert change is not None
    assert change.interval[0] <= change.since <= change.interval[1]
    assert change.size_interval[0] <= change.size <= change.size_interval[1]
    assert change.since == pytest.approx(200, abs=3)


def test_a_change_names_its_segment() -> None:
    change = Change(0, (0, 1), 0.1, (0.0, 0.2), "tenant", "a")
    assert change.segment == ("tenant", "a")


@pytest.mark.parametrize("law", LAWS)
def test_intervals_cover_when_it_began_and_how_large_it_is(law: str) -> None:
    """90 % nominal; with 60 alarms, 0.82 is two standard errors below."""
    draw, grown = LAWS[law]
    rng = np.random.default_rng(8)
    when = size = count = 0
    for _ in range(60):
        baseline = Baseline.from_losses(draw(rng, 1000, False).astype(float))
        detector = TwoSampleESR(baseline=baseline)
        losses = np.concatenate((draw(rng, 800, False), draw(rng, 1500, True))).astype(float)
        alarm = detector.update_many(losses, np.full(2300, 1e-5), range(2300))
        change = detector.change
        assert change is not None
        interval, sizes = change.interval, change.size_interval
        if detector.drift_detected and alarm > 800:
            count += 1
            when += interval[0] <= 800 <= interval[1]
            size += sizes[0] <= grown <= sizes[1]
    assert count >= 55
    assert when / count >= 0.82
    assert size / count >= 0.82


def test_times_are_those_of_the_turns() -> None:
    detector = TwoSampleESR(baseline=Baseline.from_losses(np.zeros(500)))
    start = 1_700_000_000_000_000_000
    for index in range(300):
        detector.update(float(index >= 250), 1e-5, start + index * 10**9)
        if detector.drift_detected:
            break
    assert detector.change is not None
    assert detector.change.since == start + 250 * 10**9


def test_a_deployment_draws_the_start_to_itself() -> None:
    rng = np.random.default_rng(9)
    baseline = Baseline.from_losses((rng.random(2000) < 0.05).astype(float))
    losses = np.concatenate((rng.random(500) < 0.05, rng.random(1500) < 0.10)).astype(float)
    masses = np.full(2000, 1e-6)
    width = []
    for extra in (0.0, 1e-2):
        masses[500] = 1e-6 + extra
        detector = TwoSampleESR(baseline=baseline)
        detector.update_many(losses, masses, range(2000))
        assert detector.change is not None
        low, high = detector.change.interval
        assert low <= 500 <= high
        width.append(high - low)
    assert width[1] < width[0]


def test_a_long_quiet_time_does_not_blur_a_later_change() -> None:
    rng = np.random.default_rng(10)
    baseline = Baseline.from_losses((rng.random(5000) < 0.05).astype(float))
    losses = np.concatenate((rng.random(30_000) < 0.045, rng.random(500) < 0.25)).astype(float)
    detector = TwoSampleESR(baseline=baseline)
    detector.update_many(losses, np.full(len(losses), 1e-6), range(len(losses)))
    assert detector.change is not None
    assert detector.change.since == pytest.approx(30_000, abs=20)
