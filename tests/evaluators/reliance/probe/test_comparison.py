"""Runs are compared item by item; what is no fall of reliance is not called one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe import ProbePack, ProbeStratum, load_pack
from groundwire_evaluators.reliance.probe.arms import CONFLICT_ARMS, Arm, Trial, trials
from groundwire_evaluators.reliance.probe.comparison import (
    alarm_level,
    best_so_far,
    compare_runs,
    compare_scores,
    compare_with_best,
)
from groundwire_evaluators.reliance.probe.run import (
    ProbeResult,
    ProbeRun,
    RunIdentity,
    TokenPrices,
    judge,
    summarise,
)

PACK = load_pack()
TRIALS = list(trials(PACK))
IDENTITY = RunIdentity(pack=PACK.name, digest=PACK.digest, prompt="p")


def run(answer: Callable[[Trial], str | None]) -> ProbeRun:
    return ProbeRun(IDENTITY, tuple(judge(trial, answer(trial)) for trial in TRIALS))


def reads(trial: Trial) -> str:
    """A model that gives what its context supports, and its memory where there is none."""
    if trial.arm is Arm.CLEAN:
        return trial.item.original
    if trial.arm in (Arm.CLOSED_BOOK, Arm.IRRELEVANT):
        return trial.item.original if trial.item.stratum is ProbeStratum.KNOWN else "I don't know."
    return trial.item.substitute


def recites(trial: Trial) -> str:
    """A model that gives what it remembers, and reads the rest."""
    return trial.item.original if trial.item.stratum is ProbeStratum.KNOWN else reads(trial)


def fails(trial: Trial) -> str:
    return "I don't know."


READER, RECITER = run(reads), run(recites)


def test_a_model_that_recites_is_distinguished_from_one_that_reads() -> None:
    compared = compare_runs(RECITER, [READER])
    assert compared.override
    assert not compared.general
    assert compared.mcnemar.lost == 155
    assert len(compared.turned) == 3 * 155
    assert compare_runs(RECITER, [READER], stratum=ProbeStratum.KNOWN).override
    assert not compare_runs(RECITER, [READER], stratum=ProbeStratum.FRESH).override


def test_equal_runs_and_better_runs_are_no_alarm() -> None:
    assert not compare_runs(READER, [READER]).override
    assert not compare_runs(READER, [RECITER]).override


def test_a_model_that_fails_on_clean_contexts_too_is_worse_in_general() -> None:
    compared = compare_runs(run(fails), [READER])
    assert compared.general
    assert not compared.override


def test_runs_of_other_packs_or_prompts_are_not_compared() -> None:
    other = ProbeRun(RunIdentity(pack="x", digest="y", prompt="p"), READER.results)
    with pytest.raises(ValueError, match="different packs or prompts"):
        compare_runs(other, [READER])
    with pytest.raises(ValueError, match="at least one"):
        compare_runs(READER, [])


def test_failed_calls_are_no_outcome_on_either_side() -> None:
    cut = ProbeRun(
        IDENTITY,
        tuple(
            judge(trial, None, error="timeout") if i % 2 else judge(trial, reads(trial))
            for i, trial in enumerate(TRIALS)
        ),
    )
    assert cut.failures == {"timeout": len(TRIALS) // 2}
    assert not compare_runs(cut, [READER]).override


def test_the_summary_shows_each_stratum_with_its_counts() -> None:
    summary = summarise(RECITER, TokenPrices(1.0, 2.0))
    known, fresh = summary.strata["known"], summary.strata["fresh"]
    assert known["conflict"]["memorization_ratio"] == 1.0
    assert fresh["conflict"]["memorization_ratio"] == 0.0
    assert fresh["conflict"]["interval"][1] < 0.06
    assert (known["known_closed_book"], fresh["known_closed_book"]) == (1.0, 0.0)
    assert known["clean_accuracy"] == fresh["clean_accuracy"] == 1.0
    assert (known["conflict"]["n"], summary.calls) == (155, 1320)
    assert summary.cost == 0.0


def test_what_the_model_knows_is_taken_from_the_closed_book_arm() -> None:
    assert len(READER.known()) == 155


def test_the_cost_follows_from_the_tokens() -> None:
    results = [judge(TRIALS[0], "x", input_tokens=1_000_000, output_tokens=500_000)]
    assert TokenPrices(2.0, 4.0).cost(results) == 4.0


def test_the_best_run_has_the_highest_lower_bound_not_the_highest_mean() -> None:
    few = ProbeRun(IDENTITY, READER.results[:24])
    mixed = run(lambda trial: reads(trial) if trial.item.relation != "capital" else "Rome")
    assert best_so_far([RECITER, mixed]) is mixed
    assert best_so_far([RECITER]) is RECITER
    assert best_so_far([]) is None
    assert best_so_far([few, RECITER]) is few


def test_a_result_comes_back_from_its_record() -> None:
    result = judge(TRIALS[5], "text", seconds=1.5)
    assert ProbeResult.from_record(result.as_record()) == result


def test_the_false_alarm_rate_holds_with_several_baselines() -> None:
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(2000):
        chance = generator.beta(6, 1, 100)
        made = [
            {str(i): float(np.where(generator.random() < p, 1, -1)) for i, p in enumerate(chance)}
            for _ in range(4)
        ]
        alarms += compare_scores(made[0], made[1:], alpha=0.01).fell
    assert alarms / 2000 <= 0.015


def test_few_items_never_alarm() -> None:
    now, before = {str(i): -1.0 for i in range(10)}, {str(i): 1.0 for i in range(10)}
    assert not compare_scores(now, [before]).fell
    assert not compare_scores({}, [before]).fell


def test_repeated_runs_share_the_alarm_budget() -> None:
    assert alarm_level(alarms=1, runs=30, tests=2) == pytest.approx(1 / 60)
    assert alarm_level(alarms=1, runs=30) == pytest.approx(1 / 120)
    with pytest.raises(ValueError, match="positive"):
        alarm_level(0, 30)


def noisy_run(generator: np.random.Generator, follows: dict[Arm, list[float]]) -> ProbeRun:
    """A run of a model that follows its context in each item of each arm with this chance."""
    results = [
        ProbeResult(
            item=str(number),
            arm=arm,
            stratum=ProbeStratum.KNOWN,
            relation="r",
            followed=Outcome.CONTEXT if generator.random() < chance else Outcome.PARAMETRIC,
        )
        for arm, chances in follows.items()
        for number, chance in enumerate(chances)
    ]
    return ProbeRun(IDENTITY, tuple(results))


def test_scheduled_runs_of_a_noisy_model_keep_to_their_alarms() -> None:
    alpha, alarms, looks = alarm_level(alarms=1, runs=30), 0, 0
    for seed in range(8):
        generator = np.random.default_rng(seed)
        follows = {
            arm: np.where(generator.random(60) < 0.85, 0.97, 0.5).tolist()
            for arm in (*CONFLICT_ARMS, Arm.CLEAN)
        }
        runs = [noisy_run(generator, follows) for _ in range(32)]
        for number in range(12, 32):
            earlier = runs[number - 8 : number]
            compared = [
                compare_runs(runs[number], runs[:4], alpha),
                compare_with_best(runs[number], earlier, alpha),
            ]
            alarms += any(each and (each.override or each.general) for each in compared)
            looks += 1
    assert looks == 160
    assert alarms / looks <= 0.05  # 1 / 30 is promised; by chance 0.05 is 1.2 standard errors more


def with_margins(margin: Callable[[ProbeResult], float], source: ProbeRun = READER) -> ProbeRun:
    results = tuple(replace(result, margin=margin(result)) for result in source.results)
    return ProbeRun(IDENTITY, results)


def test_margins_that_fall_item_by_item_are_detected_before_any_answer_changes() -> None:
    before = with_margins(lambda result: float(len(result.item)))
    after = with_margins(lambda result: len(result.item) - 0.1)
    compared = compare_runs(after, [before])
    assert compared.margins is not None
    assert (compared.margins.lower, compared.margins.higher) == (compared.margins.items, 0)
    assert compared.margins.change == pytest.approx(-0.1)
    assert compared.margins.fell
    assert not compared.override
    back = compare_runs(before, [after]).margins
    assert back is not None
    assert not back.fell


def test_without_log_probabilities_on_both_sides_there_is_no_change_of_margins() -> None:
    assert compare_runs(READER, [with_margins(lambda _: 1.0)]).margins is None
    same = compare_runs(with_margins(lambda _: 1.0), [with_margins(lambda _: 1.0)]).margins
    assert same is not None
    assert (same.p_value, same.fell) == (1.0, False)


def test_memory_of_an_older_edition_is_an_outcome_of_its_own_and_counts_as_memory() -> None:
    items = tuple(replace(item, stratum=ProbeStratum.STALE) for item in PACK.items)
    stale = ProbePack("stale", items)
    recited = [judge(trial, trial.item.original) for trial in trials(stale, (Arm.CONFLICT,))]
    found = ProbeRun(IDENTITY, tuple(recited))
    counts = found.tally(Arm.CONFLICT).counts
    assert counts[Outcome.STALE] == len(items)
    assert counts[Outcome.PARAMETRIC] == 0
    assert found.tally(Arm.CONFLICT).memorization_ratio == 1.0
    assert found.memorization(Arm.CONFLICT).value == 1.0
    reader = ProbeRun(
        IDENTITY,
        tuple(judge(trial, trial.item.substitute) for trial in trials(stale, (Arm.CONFLICT,))),
    )
    compared = compare_runs(found, [reader], arms=(Arm.CONFLICT,))
    assert compared.override
    assert len(compared.turned) == len(items)
