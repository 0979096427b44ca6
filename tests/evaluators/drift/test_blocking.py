import math

import numpy as np
import numpy.typing as npt
import pytest

from groundwire_evaluators.drift import Baseline, TwoSampleESR
from groundwire_evaluators.drift.blocking import Dependence

Floats = npt.NDArray[np.float64]
MASS = 1e-5


def bursty(n: int, seed: int = 0, renewal: float = 0.02, grown_from: int | None = None) -> Floats:
    """Bursts of about 1 / renewal turns in which a loss is four times as likely; mean 0.05."""
    rng = np.random.default_rng(seed)
    renewed = rng.random(n) < renewal
    renewed[0] = True
    last = np.maximum.accumulate(np.where(renewed, np.arange(n), 0))
    mean = np.where((rng.random(n) < 0.2)[last], 0.13, 0.03)
    if grown_from is not None:
        mean[grown_from:] += 0.1
    return (rng.random(n) < mean).astype(float)


def detector(losses: Floats) -> TwoSampleESR:
    dependence = Dependence.of(losses)
    return TwoSampleESR(baseline=Baseline.from_losses(losses, dependence), min_effect=0.05)


def alarm(watching: TwoSampleESR, losses: Floats) -> int | None:
    fed = watching.update_many(losses.tolist(), [MASS] * len(losses), range(len(losses)))
    return fed - 1 if watching.drift_detected else None


def test_independent_turns_need_no_blocks() -> None:
    rng = np.random.default_rng(1)
    assert Dependence.of((rng.random(20_000) < 0.05).astype(float)) == Dependence()


@pytest.mark.parametrize("n", [200, 1000, 5000])
def test_few_independent_baselines_are_called_dependent(n: int) -> None:
    rng = np.random.default_rng(2)
    called = [Dependence.of((rng.random(n) < 0.1).astype(float)).block > 1 for _ in range(200)]
    assert np.mean(called) < 0.05


@pytest.mark.parametrize(("renewal", "inflation"), [(0.1, 1.6), (0.02, 4.3), (0.005, 14.4)])
def test_the_strength_of_bursts_is_found_whatever_their_length(
    renewal: float, inflation: float
) -> None:
    found = [Dependence.of(bursty(20_000, seed, renewal)) for seed in range(30)]
    middle = math.exp(np.mean([math.log(each.inflation) for each in found]))
    assert inflation * 0.85 < middle < inflation * 1.6  # the error is allowed for
    blocks = [each.block * renewal for each in found]
    assert 1.5 < np.median(blocks) < 5


def test_what_differs_between_strata_is_no_dependence() -> None:
    rng = np.random.default_rng(3)
    hours = np.arange(20_000) // 500 % 8
    losses = (rng.random(20_000) < 0.02 + 0.02 * hours).astype(float)
    assert Dependence.of(losses).block > 100
    assert Dependence.of(losses, hours.tolist()) == Dependence()


def test_too_few_or_equal_losses_say_nothing() -> None:
    assert Dependence.of([0.0, 1.0]) == Dependence()
    assert Dependence.of(np.zeros(1000)) == Dependence()
    assert Dependence.of([0.0, 1.0] * 10) == Dependence()


def test_losses_that_are_all_equal_need_no_blocks_whatever_rounding_makes_of_them() -> None:
    losses = [0.02061809086472364] * 100
    assert Dependence.of(losses) == Dependence()


def test_bursts_are_no_drift_in_blocks_but_would_be_one_turn_by_turn() -> None:
    quiet = [bursty(20_000, seed) for seed in range(20)]
    turn_by_turn = [
        alarm(TwoSampleESR(baseline=Baseline.from_losses(q[:12_000]), min_effect=0.05), q[12_000:])
        for q in quiet
    ]
    in_blocks = [alarm(detector(q[:12_000]), q[12_000:]) for q in quiet]
    assert sum(found is not None for found in turn_by_turn) > 10
    assert sum(found is not None for found in in_blocks) <= 4


def test_a_growth_of_the_bursts_is_still_found_and_dated() -> None:
    losses = bursty(20_000, 5, grown_from=13_000)
    watching = detector(losses[:12_000])
    found = alarm(watching, losses[12_000:])
    assert found is not None
    assert 1000 < found < 2500
    assert watching.change is not None
    low, high = watching.change.interval
    assert low <= 1000 <= high


def test_mass_given_inside_a_block_enters_with_the_next_one() -> None:
    baseline = Baseline.from_losses(bursty(5000), Dependence(block=10, inflation=2.0))
    early, late = TwoSampleESR(baseline=baseline), TwoSampleESR(baseline=baseline)
    for turn in range(10):
        early.update(1.0, 0.1 if turn == 0 else 0.0, turn)
        late.update(1.0, 0.1 if turn == 5 else 0.0, turn)
    assert early.statistic > 0
    assert late.statistic == 0
    for turn in range(10, 20):
        late.update(1.0, 0.0, turn)
    assert late.statistic == pytest.approx(early.statistic, rel=1e-9)


def test_a_block_survives_a_save_and_load_in_its_middle() -> None:
    baseline = Baseline.from_losses(bursty(2000), Dependence(block=10, inflation=2.0))
    whole, broken = TwoSampleESR(baseline=baseline), TwoSampleESR(baseline=baseline)
    for turn, loss in enumerate(bursty(300, 7).tolist()):
        whole.update(loss, MASS, turn)
        broken.update(loss, MASS, turn)
        if turn % 23 == 0:
            broken = TwoSampleESR.from_state(broken.to_state())
    assert broken.to_state() == whole.to_state()


def test_a_deployment_begins_a_block_and_keeps_the_mass_of_the_one_it_cuts() -> None:
    baseline = Baseline.from_losses(bursty(5000), Dependence(block=10, inflation=2.0))
    cut, fresh = TwoSampleESR(baseline=baseline), TwoSampleESR(baseline=baseline)
    for turn in range(5):
        cut.update(0.0, 0.02, turn)
    cut.begin_block()
    for turn in range(5, 15):
        cut.update(1.0, 0.01 if turn == 5 else 0.0, turn)
        fresh.update(1.0, 0.11 if turn == 5 else 0.0, turn)
    assert cut.statistic == pytest.approx(fresh.statistic, rel=1e-9)


def test_shards_of_whole_blocks_merge_to_the_single_stream() -> None:
    baseline = Baseline.from_losses(bursty(5000), Dependence(block=10, inflation=2.0))
    single, merged = TwoSampleESR(baseline=baseline), TwoSampleESR(baseline=baseline)
    shards = [merged.shard() for _ in range(10)]
    for turn, loss in enumerate(bursty(300, 9).tolist()):
        single.update(loss, MASS, turn)
        shards[turn // 30].update(loss, MASS, turn)
    for shard in shards:
        merged.merge(shard)
    assert merged.statistic == pytest.approx(single.statistic, rel=1e-9)


def test_unfinished_blocks_of_shards_add_up_to_a_block() -> None:
    baseline = Baseline.from_losses(bursty(5000), Dependence(block=10, inflation=2.0))
    single, merged = TwoSampleESR(baseline=baseline), TwoSampleESR(baseline=baseline)
    for part in range(5):
        shard = merged.shard()
        for turn in range(4 * part, 4 * part + 4):
            shard.update(turn % 3 / 3, 0.0 if turn else MASS, turn)
        merged.merge(shard)
    for _ in range(12):  # three parts are the first block
        single.update(1 / 3, 0.0, 0)
    assert merged.statistic > 0
    assert merged.since(0)[0] == 20


@pytest.mark.parametrize("seed", range(5))
def test_blocks_and_inflation_lie_on_a_grid_that_has_a_price(seed: int) -> None:
    found = Dependence.of(bursty(5000, seed))
    assert math.log2(found.block) == round(math.log2(found.block)) > 0
    halves = 2 * math.log2(found.inflation)
    assert halves == pytest.approx(round(halves))
    assert found.alternatives == 2 * math.log2(found.block)
    assert Dependence().alternatives == 1
