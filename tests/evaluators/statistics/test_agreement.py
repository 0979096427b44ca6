"""How far an evaluator agrees with people, and what a rate is once its mistakes are known."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import (
    agreement,
    clopper_pearson,
    cohen_kappa,
    reliability,
)

BOTH, ONLY_MESSAGE, ONLY_TRUE, NEITHER = 20, 5, 10, 15  # the worked example of Cohen's kappa


def example() -> tuple[list[bool], list[bool]]:
    message = [True] * (BOTH + ONLY_MESSAGE) + [False] * (ONLY_TRUE + NEITHER)
    truth = [True] * BOTH + [False] * ONLY_MESSAGE + [True] * ONLY_TRUE + [False] * NEITHER
    return message, truth


def test_the_measures_are_those_of_the_table() -> None:
    found = agreement(*example())
    assert found.kappa.value == pytest.approx(0.4)
    assert found.agreed.value == pytest.approx(0.7)
    assert found.sensitivity.value == pytest.approx(20 / 30)
    assert found.specificity.value == pytest.approx(15 / 20)
    assert (found.sensitivity.n, found.specificity.n) == (30, 20)
    for each in (found.agreed, found.sensitivity, found.specificity):
        assert each.interval.low < each.value < each.interval.high
    assert found.kappa.interval == pytest.approx((0.147, 0.653), abs=0.01)  # Fleiss et al., by hand


def test_kappa_holds_its_level() -> None:
    generator, held = np.random.default_rng(1), 0
    for _ in range(400):
        truth = generator.random(150) < 0.3
        message = np.where(generator.random(150) < 0.85, truth, ~truth)
        low, high = cohen_kappa(message.tolist(), truth.tolist()).interval
        held += low <= 0.6534 <= high  # (0.85 - chance) / (1 - chance), chance = 0.5672
    assert 0.92 <= held / 400 <= 0.98


def test_a_unit_seldom_drawn_stands_for_many() -> None:
    message, truth = [True, True, False, False], [True, False, False, False]
    weighted = agreement(message, truth, probabilities=[1.0, 0.1, 1.0, 1.0])
    assert weighted.agreed.value == pytest.approx(3 / 13)


@pytest.mark.parametrize("same", [[], [True] * 5, [False] * 5])
def test_kappa_of_raters_who_never_differ_and_never_vary_is_unknown(same: list[bool]) -> None:
    assert cohen_kappa(same, same).value is None
    assert agreement(same, same).kappa.interval == (-1, 1)


def test_the_exact_interval_is_that_of_the_tables() -> None:
    assert clopper_pearson(3, 20) == pytest.approx((0.0321, 0.3789), abs=1e-4)
    assert clopper_pearson(0, 20) == pytest.approx((0.0, 1 - 0.025 ** (1 / 20)))
    assert clopper_pearson(20, 20).high == 1.0
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="is not a proportion"):
        clopper_pearson(3, 2)


def test_a_perfect_probability_has_an_error_of_chance_alone() -> None:
    generator = np.random.default_rng(2)
    message = generator.random(2000)
    perfect = reliability(message, generator.random(2000) < message)
    assert perfect.error == pytest.approx(perfect.error_of_chance, abs=0.012)
    assert perfect.error > 0.005
    bold = reliability(np.round(message), generator.random(2000) < message)
    assert bold.error > 4 * bold.error_of_chance
    assert bold.brier.value > perfect.brier.value
    assert len(perfect.bins) == 10
    assert sum(each.n for each in perfect.bins) == 2000


def test_too_few_units_make_no_curve_and_nan_is_refused() -> None:
    few = reliability([0.2, 0.8], [0, 1])
    assert (few.bins, few.error, few.brier) == ((), None, None)
    with pytest.raises(ValueError, match="outcome"):
        reliability([0.2, float("nan")], [0, 1])


def test_perfect_agreement_of_few_is_not_certain() -> None:
    found = cohen_kappa([True, False] * 20, [True, False] * 20)
    assert found.value == pytest.approx(1.0)
    assert found.interval.low == pytest.approx(2 * 0.025 ** (1 / 40) - 1)
