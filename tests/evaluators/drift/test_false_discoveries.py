"""e-BH lists changed streams and keeps the share of false ones."""

import numpy as np
import pytest

from groundwire_evaluators.drift.false_discoveries import discoveries


def test_streams_with_overwhelming_evidence_are_listed_strongest_first() -> None:
    found = discoveries({"a": 1.0, "b": 500.0, "c": 90.0, "d": 0.0}, level=0.1)
    assert found == ["b", "c"]


def test_one_stream_of_many_needs_more_evidence_than_one_alone() -> None:
    assert discoveries({"a": 15.0}, level=0.1) == ["a"]
    assert discoveries({"a": 15.0, "b": 1.0}, level=0.1) == []
    assert discoveries({}, level=0.1) == []


def test_the_share_of_false_ones_is_kept_when_all_depend_on_each_other() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(4000):
        common = rng.exponential()  # mean 1: an e-value, the same for all that did not change
        e_values = {f"same{i}": common for i in range(8)} | {f"worse{i}": 200.0 for i in range(2)}
        found = discoveries(e_values, level=0.2)
        shares.append(sum(name.startswith("same") for name in found) / max(len(found), 1))
    assert np.mean(shares) <= 0.2


@pytest.mark.parametrize("level", [0.0, 1.5])
def test_a_level_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        discoveries({"a": 1.0}, level)
