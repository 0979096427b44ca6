"""Silent changes of a judge and of a system: which of them the verdict of an alarm names.

    python benchmarks/system_or_judge.py --runs 60 --golden 300

A service of 1,000 turns a day, 4 % of whose answers are wrong, is scored by a noisy judge (.9 of
the wrong answers and .03 of the right ones are called wrong); a golden set, a third of it wrong, is
judged once a day. On day 10 the judge silently calls more right answers wrong, or the system gives
more wrong answers, by .06 to .2. After the live monitor's alarm the verdict is asked for every day.
"""

import argparse
from collections import Counter

import numpy as np

from alarms import BEGIN, CHANGE, DAY, Traffic, day, watch
from groundwire_collector.drift.alarm_origin import paired
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.golden import GoldenRun, StoredAnswer
from groundwire_evaluators.drift.origin import Origin, evaluator_shift, origin

WRONG, HIT, FALSE = 0.04, 0.9, 0.03
LONGEST = 10  # days after the alarm


def traffic(stricter: float, worse: float) -> object:
    def scenario(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        after = found.days > CHANGE
        wrong = rng.random(len(found)) < WRONG + worse * after
        found.chance = np.where(wrong, HIT, FALSE + stricter * after)
        return found

    return scenario


def replays(
    rng: np.random.Generator, n: int, stricter: float, days: int
) -> tuple[list[GoldenRun], dict[int, list[StoredAnswer]]]:
    """One a day, at noon."""
    runs, answers = [], {}
    for number in range(days):
        at = BEGIN + int((number + 0.5) * DAY)
        runs.append(GoldenRun("judge", "judge", "r1", "set", at, at + DAY // 100, {}, number))
        added = stricter if number + 0.5 > CHANGE else 0.0
        answers[number] = [
            StoredAnswer(str(each), "scored", bool(rng.random() < chance), each % 3 == 0)
            for each in range(n)
            for chance in [HIT if each % 3 == 0 else FALSE + added]
        ]
    return runs, answers


def verdict(alarm: Alarm, runs: list[GoldenRun], answers: dict[int, list[StoredAnswer]]) -> Origin:
    pairs = paired(runs, answers, alarm.change.interval)
    share = alarm.details["baseline"]["mean"]
    return origin(alarm.change.size, evaluator_shift(pairs, share) if pairs else None, None)


def one(seed: int, golden: int, *, judge: bool) -> tuple[Origin | None, float]:
    """The first verdict but "undetermined" within ten days, and its day after the alarm."""
    rng = np.random.default_rng([seed, judge])
    growth = float(rng.uniform(0.06, 0.2))
    stricter, worse = (growth, 0.0) if judge else (0.0, growth)
    found = watch(traffic(stricter, worse), seed, 1000, CHANGE + 8)  # type: ignore[arg-type]
    late = [alarm for alarm in found.raised if day(alarm) > CHANGE]
    if not late:
        return None, np.inf
    runs, answers = replays(rng, golden, stricter, int(CHANGE) + LONGEST + 9)
    for after in range(LONGEST + 1):
        until = late[0].raised_ns + after * DAY
        found_by = verdict(late[0], [run for run in runs if (run.ended_ns or 0) <= until], answers)
        if found_by is not Origin.UNDETERMINED:
            return found_by, after
    return Origin.UNDETERMINED, np.inf


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--golden", type=int, default=300, help="answers of the golden set")
    wanted = parser.parse_args()
    for judge in (True, False):
        found = [one(seed, wanted.golden, judge=judge) for seed in range(wanted.runs)]
        named = Counter(str(origin_) for origin_, _ in found)
        days = [after for _, after in found if after < np.inf]
        print(
            f"{'silent judge change' if judge else 'change of the system'}: {dict(named)} of"
            f" {wanted.runs}; median {np.median(days) if days else np.inf:g} days after the alarm,"
            f" slowest {max(days, default=np.inf):g}",
            flush=True,
        )


if __name__ == "__main__":
    main()
