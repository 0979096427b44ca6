import pytest

from groundwire_evaluators.grounding.calibration import (
    Calibration,
    fit_shift,
    from_labels,
    from_rate,
)


def test_a_flag_rate_flags_that_share_of_the_answers() -> None:
    scores = [at / 100 for at in range(100)]
    threshold = from_rate(scores, 0.05)
    assert sum(score >= threshold for score in scores) == 5


def test_ties_are_flagged_together_or_not_at_all() -> None:
    assert from_rate([0.2] * 99 + [0.9], 0.05) == 0.9
    assert from_rate([0.2] * 10, 0.05) > 1


def test_labels_move_the_mean_probability_to_the_share_of_unsupported_answers() -> None:
    scores = [0.6, 0.7, 0.8, 0.9] * 25
    labels = [at % 4 == 3 and at % 8 == 7 for at in range(100)]
    calibration = from_labels(scores, labels)
    mean = sum(calibration.apply(score) for score in scores) / len(scores)
    assert mean == pytest.approx(sum(labels) / len(labels), abs=0.03)
    assert Calibration.load(calibration.dump()) == calibration


def test_too_few_labels_or_one_kind_only_are_refused() -> None:
    with pytest.raises(ValueError, match="30 labels"):
        from_labels([0.5] * 10, [True, False] * 5)
    with pytest.raises(ValueError, match="30 labels"):
        from_labels([0.5] * 40, [True] * 40)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"slope": -1, "shift": 0}', '{"slope": "x"}'])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="calibration"):
        Calibration.load(text)


def test_thirty_labels_move_the_scores_to_the_share_of_unsupported_answers() -> None:
    scores = [0.3, 0.5, 0.7, 0.9] * 10
    labels = [at % 8 == 3 for at in range(40)]
    fitted = fit_shift(scores, labels)
    mean = sum(fitted.calibration.apply(score) for score in scores) / len(scores)
    assert mean == pytest.approx(6 / 42, abs=1e-6)
    assert fitted.after < fitted.before
    assert 0 < fitted.standard_error < 1
    assert Calibration.load(fitted.calibration.dump()) == fitted.calibration


def test_labels_of_one_kind_give_a_finite_shift_and_too_few_none() -> None:
    assert fit_shift([0.5] * 30, [False] * 30).calibration.shift < -2
    with pytest.raises(ValueError, match="30 labels, there are 29"):
        fit_shift([0.5] * 29, [False] * 29)
