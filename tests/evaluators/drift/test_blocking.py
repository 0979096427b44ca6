import numpy as np
import pytest

from groundwire_evaluators.drift.blocking import Block, block_means, block_size, variance_ratio


def bursty(n: int, seed: int = 0) -> np.ndarray:
    """Bursts of about 50 turns in which a loss is four times as likely."""
    rng = np.random.default_rng(seed)
    losses, burst = np.empty(n), False
    for turn in range(n):
        if rng.random() < 0.02:
            burst = rng.random() < 0.2
        losses[turn] = rng.random() < (0.13 if burst else 0.03)
    return losses


def test_independent_turns_have_a_ratio_of_one_and_need_no_blocks() -> None:
    rng = np.random.default_rng(1)
    losses = (rng.random(20_000) < 0.05).astype(float)
    assert variance_ratio(losses, 50) == pytest.approx(1, abs=0.25)
    assert block_size(losses) == 1


def test_few_independent_baselines_are_called_dependent() -> None:
    rng = np.random.default_rng(2)
    called = [block_size((rng.random(1000) < 0.1).astype(float)) > 1 for _ in range(200)]
    assert np.mean(called) < 0.1


def test_bursts_are_seen_and_blocks_hide_them() -> None:
    losses = bursty(20_000)
    size = block_size(losses)
    assert 40 <= size <= 640
    assert variance_ratio(losses, size) > 2
    assert variance_ratio(block_means(losses, size), 5) < 1.8


def test_too_few_or_equal_losses_say_nothing() -> None:
    assert variance_ratio([0.0, 1.0] * 10, 5) == 1
    assert variance_ratio(np.zeros(1000), 5) == 1
    assert block_size([0.0, 1.0]) == 1


def test_a_block_is_the_mean_the_whole_mass_and_the_first_time() -> None:
    block = Block(3)
    fed = [block.add(loss, 0.1, at) for loss, at in ((0.0, 5), (1.0, 6), (0.5, 7), (1.0, 8))]
    assert fed[0] is None
    assert fed[1] is None
    assert fed[3] is None
    assert fed[2] == pytest.approx((0.5, 0.3, 5))
    assert Block(**block.to_state()) == block


def test_a_baseline_in_blocks_drops_the_unfinished_one() -> None:
    assert block_means([0.0, 1.0, 1.0, 1.0, 0.0], 2).tolist() == [0.5, 1.0]
