import json

import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline


def test_keeps_size_mean_and_variance() -> None:
    baseline = Baseline.from_losses([0.0, 0.0, 0.5, 1.0])
    assert (baseline.n, baseline.mean) == (4, 0.375)
    assert baseline.variance == pytest.approx(np.var([0.0, 0.0, 0.5, 1.0]))


@pytest.mark.parametrize("law", ["zeros", "ones", "rare", "graded", "half"])
@pytest.mark.parametrize("n", [2, 50, 5000])
def test_cells_cover_every_possible_mean_in_order(law: str, n: int) -> None:
    rng = np.random.default_rng(0)
    losses = {
        "zeros": np.zeros(n),
        "ones": np.ones(n),
        "rare": (np.arange(n) % 40 == 0).astype(float),
        "graded": rng.beta(2, 18, n),
        "half": (rng.random(n) < 0.5).astype(float),
    }[law]
    baseline = Baseline.from_losses(losses)
    assert baseline.edges[0] == 0
    assert baseline.edges[-1] == 1
    assert np.all(np.diff(baseline.edges) >= 0)
    assert np.all(np.isfinite(baseline.log_capital))
    assert np.all(np.diff(baseline.log_capital) >= 0)
    assert len(baseline.log_capital) == len(baseline.edges) - 1


def test_state_is_json_of_constant_size() -> None:
    small, large = (Baseline.from_losses(np.arange(n) % 2.0) for n in (100, 50_000))
    for baseline in (small, large):
        state = json.dumps(baseline.to_state())
        assert Baseline.from_state(json.loads(state)) == baseline
        assert len(state) < 6000


@pytest.mark.parametrize(
    "losses", [[], [0.5], [0.5, 1.5], [0.5, float("nan")], [0.5, -0.1], [[0.1], [0.2]]]
)
def test_refuses_what_is_no_baseline(losses: list[float]) -> None:
    with pytest.raises(ValueError, match="loss"):
        Baseline.from_losses(losses)
