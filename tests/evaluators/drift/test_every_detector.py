"""What holds for every detector."""

import functools
import json
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.detectors.cusum import Cusum
from benchmarks.detectors.focus import Focus
from groundwire_evaluators.drift import (
    Baseline,
    Detector,
    KnownMeanESR,
    StratifiedESR,
    TwoSampleESR,
)

MASS = 1e-5
SECOND = 10**9


def two_sample() -> Detector:
    losses = np.random.default_rng(1).random(2000) < 0.05
    return TwoSampleESR(baseline=Baseline.from_losses(losses.astype(float)), min_effect=0.05)


def known_mean() -> Detector:
    return KnownMeanESR(mean=0.05, min_effect=0.05)


def stratified() -> Detector:
    """Fed one stratum of two."""
    drawn = np.random.default_rng(1).random((2, 2000)) < 0.05
    baselines = {
        name: Baseline.from_losses(losses.astype(float))
        for name, losses in zip(("", "night"), drawn, strict=True)
    }
    return StratifiedESR(baselines, min_effect=0.05)


def cusum() -> Detector:
    return Cusum(mean=0.05, worse=0.15)


@functools.cache
def computed_threshold() -> float:
    return Cusum.calibrated(mean=0.05, worse=0.15, mass=MASS).threshold


def calibrated_cusum() -> Detector:
    return Cusum(mean=0.05, worse=0.15, threshold=computed_threshold())


def bernoulli_focus() -> Detector:
    return Focus(mean=0.05)


def gaussian_focus() -> Detector:
    return Focus(mean=0.05, n=5000, family="gaussian", threshold=40.0)


DETECTORS = [
    two_sample,
    known_mean,
    stratified,
    cusum,
    calibrated_cusum,
    bernoulli_focus,
    gaussian_focus,
]
EVERY = pytest.mark.parametrize("make", DETECTORS)
Make = Callable[[], Detector]


def stream(*pieces: tuple[int, float], seed: int = 2) -> list[float]:
    """Losses of 0 and 1: so many with such a mean, one piece after the other."""
    rng = np.random.default_rng(seed)
    return [float(rng.random() < mean) for turns, mean in pieces for _ in range(turns)]


def alarm_of(detector: Detector, losses: list[float]) -> int | None:
    for index, loss in enumerate(losses):
        detector.update(loss, MASS, index * SECOND)
        if detector.drift_detected:
            return index
    return None


@EVERY
def test_satisfies_the_protocol(make: Make) -> None:
    assert isinstance(make(), Detector)


@EVERY
def test_is_silent_on_a_stable_stream(make: Make) -> None:
    assert alarm_of(make(), stream((2500, 0.05))) is None


@EVERY
def test_is_silent_when_turns_get_better(make: Make) -> None:
    assert alarm_of(make(), stream((500, 0.05), (2000, 0.01))) is None


@EVERY
def test_alarms_after_a_shift_and_says_since_when_and_by_how_much(make: Make) -> None:
    detector = make()
    alarm = alarm_of(detector, stream((1000, 0.05), (2000, 0.20)))
    assert alarm is not None
    assert 1000 < alarm < 1200
    change = detector.change
    assert change is not None
    interval, size = change.interval, change.size_interval
    assert interval[0] <= 1000 * SECOND <= interval[1]
    assert size[0] <= 0.15 <= size[1]
    assert interval[0] <= change.since <= interval[1]
    assert size[0] <= change.size <= size[1]


@EVERY
def test_finds_a_slow_decay(make: Make) -> None:
    ramp = [(50, 0.05 + 0.001 * step) for step in range(100)]
    assert alarm_of(make(), stream((500, 0.05), *ramp)) is not None


@EVERY
def test_the_same_losses_give_the_same_answer(make: Make) -> None:
    losses = stream((300, 0.05), (700, 0.2))
    first, second = make(), make()
    assert alarm_of(first, losses) == alarm_of(second, losses)
    assert first.to_state() == second.to_state()


@EVERY
def test_survives_a_save_and_load_at_any_turn(make: Make) -> None:
    losses = stream((100, 0.05), (400, 0.3))
    whole, broken = make(), make()
    for index, loss in enumerate(losses):
        whole.update(loss, MASS, index * SECOND)
        broken.update(loss, MASS, index * SECOND)
        if index % 37 == 0:
            broken = type(broken).from_state(json.loads(json.dumps(broken.to_state())))
    assert broken.to_state() == whole.to_state()
    assert broken.statistic == whole.statistic
    assert broken.change == whole.change


@EVERY
def test_shards_merged_equal_a_single_stream_of_their_order(make: Make) -> None:
    losses = stream((500, 0.05), (130, 0.2))
    single, merged = make(), make()
    shards = [make().shard() for _ in range(7)]
    for index, loss in enumerate(losses):
        single.update(loss, MASS, index * SECOND)
        to = index // 100
        (merged if to == 0 else shards[to - 1]).update(loss, MASS, index * SECOND)
    for shard in shards:  # the last one saw nothing
        merged.merge(type(shard).from_state(json.loads(json.dumps(shard.to_state()))))
    assert merged.statistic == pytest.approx(single.statistic, rel=1e-9)
    assert merged.statistic > 0
    assert merged.change is not None
    assert single.change is not None
    assert merged.change.since == pytest.approx(single.change.since, abs=20 * SECOND)
    for detector in (single, merged):
        detector.update(1.0, MASS, 631 * SECOND)
    assert merged.statistic == pytest.approx(single.statistic, rel=1e-9)


@EVERY
def test_shards_can_be_merged_among_themselves_first(make: Make) -> None:
    pieces = [stream((60, 0.2), seed=seed) for seed in range(3)]
    left, right = make(), make()
    shards = [[make().shard() for _ in pieces] for _ in range(2)]
    for part, losses in enumerate(pieces):
        for index, loss in enumerate(losses):
            for side in shards:
                side[part].update(loss, MASS, (60 * part + index) * SECOND)
    for shard in shards[0]:
        left.merge(shard)
    first, second, third = shards[1]
    second.merge(third)
    first.merge(second)
    right.merge(first)
    assert right.statistic == pytest.approx(left.statistic, rel=1e-9)


@EVERY
def test_what_is_no_shard_is_not_merged(make: Make) -> None:
    with pytest.raises(ValueError, match="shard"):
        make().merge(make())


@EVERY
def test_starts_afresh_after_a_reset(make: Make) -> None:
    used, fresh = make(), make()
    alarm_of(used, stream((200, 0.5)))
    used.reset()
    assert used.statistic == 0
    assert not used.drift_detected
    assert used.change is None
    assert used.to_state() == fresh.to_state()


@EVERY
def test_many_turns_at_once_are_as_many_updates(make: Make) -> None:
    losses = stream((700, 0.05), (2000, 0.15))
    single, bulk = make(), make()
    alarm = alarm_of(single, losses)
    ats = [index * SECOND for index in range(len(losses))]
    fed = bulk.update_many(losses, [MASS] * len(losses), ats)
    assert alarm == fed - 1
    assert bulk.statistic == pytest.approx(single.statistic, rel=1e-9)
    assert bulk.change is not None
    assert single.change is not None
    assert bulk.change.interval == single.change.interval


@EVERY
def test_memory_does_not_grow_with_the_stream(make: Make) -> None:
    detector = make()
    losses = stream((6000, 0.02))
    detector.update_many(losses, [MASS] * len(losses), range(len(losses)))
    assert len(json.dumps(detector.to_state())) < 40_000


@EVERY
@pytest.mark.parametrize("loss", [-0.1, 1.1, float("nan"), float("inf")])
def test_refuses_what_is_no_loss(make: Make, loss: float) -> None:
    detector = make()
    with pytest.raises(ValueError, match="loss"):
        detector.update(loss, MASS, 0)
    with pytest.raises(ValueError, match="loss"):
        detector.update_many([loss], [MASS], [0])
    assert detector.statistic == 0


@EVERY
def test_refuses_time_that_goes_back_and_mass_that_is_none(make: Make) -> None:
    detector = make()
    detector.update(0.0, MASS, 5)
    before = detector.to_state()
    for mass in (-MASS, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="mass"):
            detector.update(0.5, mass, 6)
    with pytest.raises(ValueError, match="time"):
        detector.update(0.5, MASS, 4)
    with pytest.raises(ValueError, match="time"):
        detector.update_many([0.5, 0.5], [MASS, MASS], [7, 6])
    assert detector.to_state() == before
    detector.update(0.5, MASS, 5)  # at the same time is no going back
    detector.update(0.5, MASS, 5 + 86_400 * SECOND)  # nor is a gap


@EVERY
def test_a_turn_without_mass_moves_the_evidence_but_spends_nothing(make: Make) -> None:
    detector = make()
    for index in range(100):
        detector.update(1.0, 0.0, index)
    assert detector.statistic == 0


@EVERY
def test_the_alarm_stays_finite_when_nobody_resets_it(make: Make) -> None:
    detector = make()
    for index in range(2000):
        detector.update(1.0, MASS, index)
    assert 1 < detector.statistic < float("inf")
