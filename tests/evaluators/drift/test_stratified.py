"""What normal is depends on the stratum: shifts of the mix and seasons are no drift."""

import json

import numpy as np
import numpy.typing as npt
import pytest

from groundwire_evaluators.drift import Baseline, StratifiedESR, TwoSampleESR

Floats = npt.NDArray[np.float64]
MASS = 1e-4


def drawn(rng: np.random.Generator, means: Floats) -> Floats:
    return (rng.random(means.shape) < means).astype(float)


def detector_of(baselines: dict[str, Floats], min_effect: float = 0.05) -> StratifiedESR:
    made = {name: Baseline.from_losses(losses) for name, losses in baselines.items()}
    return StratifiedESR(made, min_effect=min_effect)


def easy_and_hard(seed: int = 0) -> StratifiedESR:
    rng = np.random.default_rng(seed)
    means = {"easy": 0.02, "hard": 0.2}
    return detector_of({name: drawn(rng, np.full(2000, mean)) for name, mean in means.items()})


def mixture(
    rng: np.random.Generator, turns: int, hard: float, growth: dict[str, float]
) -> tuple[Floats, list[str]]:
    strata = np.where(rng.random(turns) < hard, "hard", "easy").tolist()
    normal = {"easy": 0.02, "hard": 0.2}
    means = np.array([normal[name] + growth.get(name, 0.0) for name in strata])
    return drawn(rng, means), strata


def fed(detector: StratifiedESR, losses: Floats, strata: list[str]) -> int:
    return detector.update_many(losses.tolist(), [MASS] * len(losses), range(len(losses)), strata)


def test_a_shift_of_the_mix_is_no_drift_but_would_be_one_without_strata() -> None:
    rng = np.random.default_rng(1)
    quiet = mixture(rng, 2000, 0.2, {})[0]
    losses, strata = mixture(rng, 4000, 0.7, {})
    pooled = TwoSampleESR(baseline=Baseline.from_losses(quiet), min_effect=0.05)
    assert pooled.update_many(losses.tolist(), [MASS] * 4000, range(4000)) < 4000
    detector = easy_and_hard()
    assert fed(detector, losses, strata) == 4000
    assert not detector.drift_detected


def test_finds_what_worsens_in_all_strata_and_since_when_whatever_the_mix() -> None:
    rng = np.random.default_rng(2)
    detector = easy_and_hard()
    before, after = mixture(rng, 500, 0.2, {}), mixture(rng, 2000, 0.7, {"easy": 0.1, "hard": 0.1})
    losses = np.concatenate((before[0], after[0]))
    alarm = fed(detector, losses, before[1] + after[1])
    assert detector.drift_detected
    assert 500 < alarm < 1100
    assert detector.change is not None
    low, high = detector.change.interval
    assert low <= 500 <= high
    low_size, high_size = detector.change.size_interval
    assert low_size <= 0.1 <= high_size


def test_finds_what_worsens_in_one_stratum_and_names_it() -> None:
    rng = np.random.default_rng(3)
    detector = easy_and_hard()
    losses, strata = mixture(rng, 3000, 0.2, {"hard": 0.25})
    assert fed(detector, losses, strata) < 1500
    assert detector.drift_detected
    assert max(detector.evidence, key=lambda name: detector.evidence[name]) == "hard"


def test_a_season_is_no_drift() -> None:
    rng = np.random.default_rng(4)
    phases = [str(phase) for phase in range(4) for _ in range(250)] * 8
    means = np.array([0.02 + 0.06 * int(phase) for phase in phases])
    past = drawn(rng, means)
    baselines = {name: past[[phase == name for phase in phases]] for name in "0123"}
    detector = detector_of(baselines)
    assert fed(detector, drawn(rng, means), phases) == len(phases)
    assert not detector.drift_detected


def test_false_alarms_stay_within_the_budget_under_any_mix() -> None:
    """Small baselines, a mix that wanders, and resets; the mass spent is 2."""
    counts = []
    for seed in range(16):
        rng = np.random.default_rng(seed)
        normal = np.array([0.03, 0.1, 0.3])
        detector = detector_of(
            {str(s): drawn(rng, np.full(60, normal[s])) for s in range(3)}, min_effect=0.03
        )
        strata = np.minimum(rng.random(2000) * (1 + 2 * np.linspace(0, 1, 2000)), 2).astype(int)
        losses, count = drawn(rng, normal[strata]), 0
        for turn, (loss, stratum) in enumerate(zip(losses, strata, strict=True)):
            detector.update(float(loss), 1e-3, turn, str(stratum))
            if detector.drift_detected:
                count += 1
                detector.reset()
        counts.append(count)
    assert np.mean(counts) <= 2 + 3 * np.std(counts) / np.sqrt(len(counts))


def test_one_stratum_is_watched_like_a_stream_of_its_own() -> None:
    """A seventh of the mass apart: it is watched twice."""
    rng = np.random.default_rng(5)
    past = drawn(rng, np.full(2000, 0.05))
    losses = drawn(rng, np.full(3000, 0.12))
    single = TwoSampleESR(baseline=Baseline.from_losses(past), min_effect=0.05)
    alarm = single.update_many(losses.tolist(), [MASS] * 3000, range(3000))
    assert fed(detector_of({"": past}), losses, [""] * 3000) == pytest.approx(alarm, rel=0.1)


def test_a_stratum_without_a_baseline_is_no_evidence_but_its_mass_is_spent() -> None:
    detector, other = easy_and_hard(), easy_and_hard()
    for turn in range(300):
        detector.update(1.0, MASS, turn, "new")
    assert detector.statistic == 0
    assert detector.change is None
    detector.update(1.0, MASS, 300, "hard")
    other.update(1.0, 301 * MASS, 300, "hard")
    assert detector.statistic == pytest.approx(other.statistic, rel=1e-9)


def test_mass_spent_in_one_stratum_serves_the_others_too() -> None:
    """A deployment is announced by one turn; the stratum that worsens may be another."""
    alarms = []
    for launch in (0.0, 0.05):
        rng = np.random.default_rng(6)
        detector = easy_and_hard()
        detector.update(0.0, launch, 0, "easy")
        losses, strata = mixture(rng, 3000, 0.2, {"hard": 0.25})
        alarms.append(detector.update_many(losses.tolist(), [1e-6] * 3000, range(1, 3001), strata))
    assert alarms[1] < alarms[0]


def test_survives_a_save_and_load_in_the_middle_of_a_mixture() -> None:
    rng = np.random.default_rng(7)
    losses, strata = mixture(rng, 400, 0.5, {"hard": 0.3})
    whole, broken = easy_and_hard(), easy_and_hard()
    for turn, (loss, stratum) in enumerate(zip(losses, strata, strict=True)):
        whole.update(float(loss), MASS, turn, stratum)
        broken.update(float(loss), MASS, turn, stratum)
        if turn % 50 == 7:
            broken = StratifiedESR.from_state(json.loads(json.dumps(broken.to_state())))
    assert broken.to_state() == whole.to_state()
    assert broken.statistic == whole.statistic
    assert broken.evidence == whole.evidence


def test_refuses_to_watch_without_a_baseline() -> None:
    with pytest.raises(ValueError, match="stratum"):
        StratifiedESR({})


def test_shards_of_a_mixture_merge_to_the_single_stream() -> None:
    rng = np.random.default_rng(8)
    losses, strata = mixture(rng, 600, 0.3, {"hard": 0.3})
    single, shards = easy_and_hard(), [easy_and_hard().shard() for _ in range(40)]
    for turn, (loss, stratum) in enumerate(zip(losses, strata, strict=True)):
        name = "unheard of" if turn % 13 == 0 else stratum
        single.update(float(loss), MASS * (1 + turn % 3), turn, name)
        shards[turn // 15].update(float(loss), MASS * (1 + turn % 3), turn, name)
    merged = easy_and_hard()
    for shard in shards:
        merged.merge(StratifiedESR.from_state(json.loads(json.dumps(shard.to_state()))))
    assert merged.statistic == pytest.approx(single.statistic, rel=1e-9)
    assert merged.evidence == pytest.approx(single.evidence, rel=1e-9)
    for detector in (single, merged):
        detector.update(1.0, MASS, 600, "easy")
    assert merged.statistic == pytest.approx(single.statistic, rel=1e-9)
