"""The quality gate: recorded checkpoints, equal pairs, power.

    python -m benchmarks.gate real      each checkpoint of the recorded fine-tune against its base
    python -m benchmarks.gate equal     share of 1,000 equal pairs that is called worse
    python -m benchmarks.gate power     share of falls by a third that is called worse
    python -m benchmarks.gate mix       two versions in production that get other questions

`real` judges all recorded answers anew (three CPU minutes) and keeps the measures in the folder
--measures, which `equal` reads: its pairs are two recorded checkpoints whose answers to each fact
are exchanged by a coin, so that neither side is better and both differ as two models do.
"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.real_model import answers
from benchmarks.real_model.judged import gated, judge
from benchmarks.real_model.tables import by_checkpoint
from groundwire_evaluators.gate import MeasuredAnswer, NotComparableError, load_rules, run_gate
from groundwire_evaluators.gate.decision import MeasureOutcome, decide
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.gate.quality_gate import GateResult
from groundwire_evaluators.gate.spending import planned_analyses
from groundwire_evaluators.statistics import wilson
from groundwire_evaluators.statistics.standardised import Group, standardised

Answers = list[MeasuredAnswer]
# Pairs of checkpoints whose answers are exchanged: alike, unlike, and of one arm.
EXCHANGED = (
    ("base", "reading-40"),
    ("style-30", "reading-20"),
    ("facts-54", "facts-90"),
    ("deployment-54", "deployment-90"),
    ("base", "facts-30"),
)
RISERS = ("style-30", "reading-10", "reading-20", "reading-40")
PAIRS = 1000


def main() -> None:
    """Print one of the tables."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=("real", "equal", "power", "mix"))
    parser.add_argument("--measures", type=Path, default=Path("gate-measures"))
    parser.add_argument("--pairs", type=int, default=PAIRS)
    options = parser.parse_args()
    if options.table == "real":
        real(options.measures)
    elif options.table == "equal":
        equal(options.measures, options.pairs)
    elif options.table == "power":
        power(options.pairs)
    else:
        mix(options.pairs)


def real(path: Path) -> None:
    """Outcomes of every recorded checkpoint: against base, with earlier ones, by verdicts alone."""
    head = ("handbook", "checkpoint", "right", "against base", "and earlier checkpoints", "by")
    print(f"| {' | '.join(head)} | without references | by |")
    print(f"|{' --- |' * (len(head) + 2)}")
    for handbook, checkpoints in _recorded(path).items():
        base = checkpoints["base"]
        before = sum(each.values["right"] for each in base)
        arms: dict[str, dict[str, Answers]] = {}
        for checkpoint, measured in checkpoints.items():
            if checkpoint == "base":
                continue
            earlier = arms.setdefault(checkpoint.partition("-")[0], {})
            right = sum(each.values["right"] for each in measured)
            alone, _ = _outcome(base, measured)
            cells = [handbook, checkpoint, f"{before:.0f} → {right:.0f} of {len(measured)}", alone]
            cells += _outcome(base, measured, earlier)
            cells += _outcome(_unknown(base), _unknown(measured))
            print(f"| {' | '.join(cells)} |")
            earlier[checkpoint] = measured


def equal(path: Path, pairs: int) -> None:
    """Equal pairs called worse: one analysis, best of four earlier versions, four analyses."""
    versions = _recorded(path)["tarnwell"]
    rules = load_rules()
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("one", "best", "four")}
    rng = np.random.default_rng(20_261_129)
    started = process_time()
    for number in range(pairs):
        one, other = EXCHANGED[number % len(EXCHANGED)]
        before, after = exchanged(rng, versions[one], versions[other])
        counts["one"][run_gate(before, after, rules).outcome.value] += 1
        earlier = {f"v{at}": exchanged(rng, before, after)[0] for at in range(4)}
        counts["best"][run_gate(before, after, rules, earlier).outcome.value] += 1
        counts["four"][_interim(before, after, rules).value] += 1
    for name, found in counts.items():
        worse = found["worse"]
        low, high = wilson(worse, pairs)
        shown = ", ".join(f"{outcome} {count}" for outcome, count in found.most_common())
        print(f"{name}: worse {worse} of {pairs} ({low:.2%} to {high:.2%}); {shown}")
    print(f"CPU seconds: {process_time() - started:.0f}")


def power(pairs: int) -> None:
    """Falls by a third of the right answers called worse, by number of questions."""
    rules = load_rules()
    rng = np.random.default_rng(7)
    print("| questions | right before | lost | gained | called worse |")
    print("| --- | --- | --- | --- | --- |")
    for n in (48, 100, 200, 400):
        for share in (0.5, 0.9):
            for gained in (0.0, 0.05):
                worse = sum(
                    run_gate(*fallen(rng, n, share, gained), rules).outcome is MeasureOutcome.WORSE
                    for _ in range(pairs)
                )
                lost = share / 3 + gained
                print(f"| {n} | {share:.0%} | {lost:.0%} | {gained:.0%} | {worse / pairs:.1%} |")


def mix(pairs: int) -> None:
    """Versions with other mixes of easy and hard questions: called worse, and coverage.

    1,000 turns each of four topics (95 to 50 % faithful), in sessions of some five turns with a
    part in common; the candidate gets the hard topics `shift` times as often.
    """
    rng = np.random.default_rng(11)
    rules = load_rules()
    print("| hard topics | change of the version | plain: worse | shared strata: worse | covered |")
    print("| --- | --- | --- | --- | --- |")
    for shift in (1.0, 2.0, 4.0):
        for change in (0.0, -0.05, -0.1):
            plain = adjusted = covered = 0
            for _ in range(pairs):
                before, after = _traffic(rng, 1.0, 0.0), _traffic(rng, shift, change)
                found = standardised(before, after, share=True)
                raw = standardised(*(_pooled(each) for each in (before, after)), share=True)
                for contrast in (found, raw):
                    if contrast is None:
                        raise ValueError("no shared stratum")
                decisions = [decide({"faithful": each}, rules)["faithful"] for each in (raw, found)]
                worse = [each.outcome is MeasureOutcome.WORSE for each in decisions]
                plain, adjusted = plain + worse[0], adjusted + worse[1]
                low, high = found.interval() if found else (0.0, 0.0)
                covered += low <= change <= high
            shares = (f"{count / pairs:.1%}" for count in (plain, adjusted, covered))
            print(f"| {shift:g} × | {change:+.0%} | {' | '.join(shares)} |")


def _traffic(rng: np.random.Generator, shift: float, change: float) -> Group:
    weights = np.array([1.0, 1.0, shift, shift])
    levels = np.array([0.95, 0.9, 0.7, 0.5]) + change
    topics = rng.choice(4, 1000, p=weights / weights.sum())
    sessions = rng.integers(0, 200, 1000)
    common = rng.normal(0, 0.05, 200)
    right = rng.random(1000) < np.clip(levels[topics] + common[sessions], 0, 1)
    side = int(rng.integers(10**9))  # no session is of both versions
    clusters = [[f"{side}-{each}" for each in sessions]]
    return Group(right.astype(float).tolist(), [str(each) for each in topics], clusters)


def _pooled(group: Group) -> Group:
    return replace(group, strata=[""] * len(group.strata))


def exchanged(rng: np.random.Generator, one: Answers, other: Answers) -> tuple[Answers, Answers]:
    """Two sides of the same questions; each fact's answers are exchanged by a coin."""
    by_id = {each.id: each for each in other}
    sides: tuple[Answers, Answers] = ([], [])
    coins: dict[str, bool] = {}
    for each in one:
        if each.id not in by_id:
            continue
        heads = coins.setdefault(each.question, bool(rng.integers(2)))
        pair = (each, by_id[each.id])
        sides[0].append(pair[heads])
        sides[1].append(pair[not heads])
    return sides


def fallen(
    rng: np.random.Generator, n: int, share: float, gained: float
) -> tuple[Answers, Answers]:
    """Answers before and after a fall of the right ones by a third; verdicts see half of it."""
    before = rng.random(n) < share
    lost = rng.random(n) < 1 / 3 + gained / share
    gains = rng.random(n) < gained / max(1 - share, 0.05)
    after = np.where(before, ~lost, gains)
    seen = rng.random(n) < 0.5
    sides = []
    for right in (before, after):
        faithful = right | ~seen
        sides.append([_made(at, bool(right[at]), bool(faithful[at])) for at in range(n)])
    return sides[0], sides[1]


def _made(at: int, right: bool, faithful: bool) -> MeasuredAnswer:
    values = {"right": float(right), "faithful": float(faithful), "answered": 1.0}
    return MeasuredAnswer(str(at), str(at), "scored", values, {})


def _outcome(
    before: Answers, after: Answers, earlier: Mapping[str, Answers] | None = None
) -> tuple[str, str]:
    """Outcome, and the measures behind it."""
    try:
        found = run_gate(before, after, load_rules(), dict(earlier or {}))
    except NotComparableError as error:
        return str(error), ""
    return found.outcome.value, ", ".join(_why(found))


def _why(found: GateResult) -> Iterator[str]:
    for verdict in (found.baseline, found.best):
        if verdict is None or verdict.outcome is not MeasureOutcome.WORSE:
            continue
        where = "" if verdict is found.baseline else f" against {verdict.reference}"
        for name, each in verdict.decisions.items():
            if each.outcome is verdict.outcome and each.rule.decides and each.contrast:
                yield f"{name} {each.contrast.change:+.2f}{where}"


def _interim(before: Answers, after: Answers, rules: Rules) -> MeasureOutcome:
    """Outcome of a candidate that is asked, with interim analyses."""
    outcome = MeasureOutcome.UNDECIDED
    for analysis in planned_analyses(len(after)):
        outcome = run_gate(
            before[: analysis.answers], after[: analysis.answers], analysis.rules(rules)
        ).outcome
        if outcome in (MeasureOutcome.WORSE, MeasureOutcome.PASS):
            break
    return outcome


def _unknown(measured: Answers) -> Answers:
    """The answers without references."""
    return [
        replace(each, values={n: v for n, v in each.values.items() if n != "right"})
        for each in measured
    ]


def _recorded(folder: Path) -> Mapping[str, Mapping[str, Answers]]:
    """Measured answers by handbook and checkpoint, the base first; judged where not kept yet."""
    folder.mkdir(parents=True, exist_ok=True)
    recording = answers.read(answers.RECORDING)
    found: dict[str, dict[str, Answers]] = {}
    for handbook, checkpoint, rows in by_checkpoint(e for e in recording if e.mode == "open"):
        path = folder / f"{handbook}-{checkpoint}.json"
        if not path.exists():
            started = process_time()
            path.write_text(json.dumps(_judged(rows)), encoding="utf-8")
            print(f"{path.stem}: {process_time() - started:.0f} CPU s", file=sys.stderr)
        kept = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(handbook, {})[checkpoint] = [MeasuredAnswer(**each) for each in kept]
    return found


def _judged(rows: Sequence[answers.Answer]) -> list[dict[str, object]]:
    """Answers as the gate measures them; a fact's two questions are one cluster."""
    facts = {each.question_id: each.fact for each in rows}
    return [
        {
            "id": each.id,
            "question": facts[each.id],
            "state": each.state,
            "values": dict(each.values),
            "record": {},
        }
        for each in gated(judge(rows), known=True)
    ]


if __name__ == "__main__":
    main()
