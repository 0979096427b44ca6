"""An interval that is looked at continuously: it is not to miss, at any look."""

import json

import numpy as np
import pytest

from groundwire_evaluators.statistics import Interval, RateSequence


def watched(
    generator: np.random.Generator, total: int = 3000, chance: float = 0.1, adverse: bool = False
) -> tuple[RateSequence, bool]:
    """A stream looked at every 100 units, and whether a look missed the share so far."""
    rate = np.where(np.arange(total) < total / 2, 0.95, 0.7) if adverse else np.full(total, 0.85)
    outcomes = (generator.random(total) < rate).astype(float)
    scores = np.clip(0.6 * outcomes + 0.4 * generator.random(total), 0, 1)
    scores = 1 - scores if adverse else scores
    drawn = generator.random(total) < chance
    sequence, missed = RateSequence(chance), False
    for start in range(0, total, 100):
        part = slice(start, start + 100)
        found = np.flatnonzero(drawn[part])
        sequence.update(scores[part], found, outcomes[part][found], [chance] * len(found))
        low, high = sequence.interval()
        missed |= not low <= outcomes[: start + 100].mean() <= high
    return sequence, missed


@pytest.mark.parametrize("adverse", [False, True])
def test_in_19_of_20_streams_no_look_ever_misses(adverse: bool) -> None:
    generator = np.random.default_rng(3)
    missed = sum(watched(generator, adverse=adverse)[1] for _ in range(100))
    assert missed / 100 <= 0.05


def test_looking_often_at_a_fixed_interval_does_miss() -> None:
    """What the sequence is for: twenty looks at 95 % are not 95 %."""
    generator, missed = np.random.default_rng(4), 0
    for _ in range(200):
        outcomes = (generator.random(2000) < 0.5).cumsum()
        looks = np.arange(100, 2001, 20)
        shares = outcomes[looks - 1] / looks
        missed += bool(np.any(np.abs(shares - 0.5) > 1.96 * 0.5 / np.sqrt(looks)))
    assert missed / 200 > 0.2


def test_it_narrows_and_finds_the_share() -> None:
    generator = np.random.default_rng(5)
    sequence, _ = watched(generator)
    longer, _ = watched(generator, total=16000)
    assert sequence.value == pytest.approx(0.85, abs=0.05)
    spans = [high - low for low, high in (sequence.interval(), longer.interval())]
    assert spans[1] < 0.65 * spans[0]


def test_a_drawn_unit_without_a_label_counts_against_both_ends() -> None:
    def filled(unknown: bool) -> RateSequence:
        sequence = RateSequence(0.5)
        for _ in range(40):
            sequence.update(
                [0.9] * 20, range(10), [1.0] * 9 + [None if unknown else 1.0], [0.5] * 10
            )
        return sequence

    certain, doubtful = filled(False).interval(), filled(True).interval()
    assert doubtful.low < certain.low - 0.05
    assert doubtful.high >= certain.high
    assert filled(True).unknown == 40


def test_it_goes_on_from_a_kept_state() -> None:
    generator = np.random.default_rng(6)
    sequence, _ = watched(generator)
    retained = RateSequence.from_state(json.loads(json.dumps(sequence.to_state())))
    for each in (sequence, retained):
        each.update([0.5] * 30, [1, 2], [1.0, 0.0], [0.1, 0.1])
    assert retained.interval() == sequence.interval()
    assert retained == sequence


def test_nothing_seen_is_everything_possible() -> None:
    sequence = RateSequence(0.1)
    assert (sequence.value, sequence.interval()) == (None, Interval(0.0, 1.0))
    sequence.update([0.2] * 50)
    assert (sequence.value, sequence.interval()) == (None, Interval(0.0, 1.0))


@pytest.mark.parametrize(
    "provided",
    [
        ([0.5, float("nan")], [], [], []),
        ([0.5], [0], [2.0], [0.5]),
        ([0.5], [0], [1.0], [0.1]),  # below the least
        ([0.5], [0], [], [0.5]),
    ],
)
def test_what_is_no_draw_is_refused(provided) -> None:
    with pytest.raises(ValueError, match=r"."):
        RateSequence(0.2).update(*provided)
