"""Changes beyond a margin: found in both directions, at the stated price."""

import json

import numpy as np
import pytest

from groundwire_evaluators.drift.margin import ChangeDirection, MarginESR, MeanInterval

OLD = MeanInterval(0.5, 0.005, 1 / 12)


def detector(**further: object) -> MarginESR:
    return MarginESR(OLD, margin=0.05, effect=0.07, **further)  # type: ignore[arg-type]


def turns_until_alarm(found: MarginESR, losses: np.ndarray, mass: float = 1e-6) -> int | None:
    for at, loss in enumerate(losses):
        found.update(float(loss), mass, at)
        if found.drift_detected:
            return at
    return None


@pytest.mark.parametrize(
    ("shift", "direction"), [(0.2, ChangeDirection.UP), (-0.2, ChangeDirection.DOWN)]
)
def test_a_change_is_found_with_direction_onset_and_size(
    shift: float, direction: ChangeDirection
) -> None:
    rng = np.random.default_rng(0)
    losses = np.concatenate((rng.random(1000), np.clip(rng.random(600) + shift, 0, 1)))
    found = detector()
    at = turns_until_alarm(found, losses)
    assert at is not None
    assert 1000 < at < 1300
    assert found.direction is direction
    assert found.since is not None
    assert abs(found.since - 1000) < 60
    assert (found.mean - 0.5) * shift > 0.02  # away by over 0.1, the right way


def test_changes_within_the_margin_are_never_looked_for() -> None:
    rng = np.random.default_rng(1)
    found = detector()
    assert turns_until_alarm(found, np.clip(rng.normal(0.54, 0.1, 20_000), 0, 1)) is None
    assert found.statistic < 0.5


def test_one_direction_alone_is_watched_where_it_is_asked_for() -> None:
    rng = np.random.default_rng(2)
    found = detector(directions=(ChangeDirection.UP,))
    assert turns_until_alarm(found, rng.random(2000) * 0.3) is None
    assert list(found.statistics) == [ChangeDirection.UP]


def test_false_alarms_stay_within_the_mass_at_the_edge_of_the_margin() -> None:
    """At the worst mean that the null allows, 300 streams of mass 0.5 raise at most 150 alarms."""
    rng = np.random.default_rng(3)
    turns, mass = 500, 0.001
    alarms = 0
    for _ in range(300):
        found = detector(directions=(ChangeDirection.UP,))
        for at, loss in enumerate(rng.random(turns) < 0.56):
            found.update(float(loss), mass, at)
            if found.drift_detected:
                alarms += 1
                found.reset()
    assert alarms <= 300 * turns * mass


def test_a_stored_detector_goes_on_as_if_never_stopped() -> None:
    rng = np.random.default_rng(4)
    losses = rng.random(400)
    whole, stopped = detector(), detector()
    for at, loss in enumerate(losses):
        whole.update(float(loss), 1e-4, at)
        stopped.update(float(loss), 1e-4, at)
        if at % 50 == 0:
            stopped = detector().resume(json.loads(json.dumps(stopped.to_state())))
    assert whole.to_state() == stopped.to_state()


def test_a_reset_forgets_what_was_seen() -> None:
    found = detector()
    turns_until_alarm(found, np.ones(100))
    found.reset()
    assert (found.statistic, found.observations, found.mean) == (0.0, 0, 0.5)


@pytest.mark.parametrize("loss", [-0.1, 1.1, float("nan")])
def test_what_is_no_loss_is_an_error(loss: float) -> None:
    with pytest.raises(ValueError, match="loss"):
        detector().update(loss, 0.1, 0)


def test_parameters_that_mean_nothing_are_errors() -> None:
    with pytest.raises(ValueError, match="margin"):
        MarginESR(OLD, margin=0.0, effect=0.1)
    with pytest.raises(ValueError, match="mean"):
        MarginESR(MeanInterval(1.5, 0.1, 0.1), margin=0.1, effect=0.1)
