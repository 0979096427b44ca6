"""The promise of alarms in traffic as it is: the live monitor, not the detector alone.

    python benchmarks/alarms.py                      # about an hour of CPU
    python benchmarks/alarms.py --only mix --runs 4  # one part, coarser

Losses are 0 or 1. Every run is a service over so many days, fed turn by turn to the monitor with
the default settings (a budget of 1 per 30 days, a baseline of 2,000 turns over 7 days) unless a row
says otherwise. "Allowed" is the mass that was spent: the expected number of false alarms is at most
that. Seed 0 and up.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

DAY = 86_400 * 10**9
BEGIN = 1_767_225_600 * 10**9  # 2026-01-01
BUDGET = AlarmBudget.parse("1 per 30d")
Floats = NDArray[np.float64]
Tags = dict[str, str]


@dataclass
class Traffic:
    """Turns of a service: times in days, chances of a bad turn, tags, routes and sessions."""

    days: Floats
    chance: Floats
    tags: list[Tags]
    routes: list[str]
    sessions: list[str]
    scored: NDArray[np.bool_]

    @classmethod
    def of(cls, rng: np.random.Generator, per_day: float, days: float) -> "Traffic":
        n = rng.poisson(per_day * days)
        at = np.sort(rng.random(n) * days)
        plain = [{"model_version": "m1"} for _ in range(n)]
        return cls(at, np.full(n, 0.05), plain, ["chat"] * n, [""] * n, np.full(n, True))

    def __len__(self) -> int:
        return len(self.days)

    def turns(self, rng: np.random.Generator) -> Iterator[MonitoredTurn]:
        bad = rng.random(len(self)) < self.chance
        for i in range(len(self)):
            loss = SignalLoss("p_unsupported", "r1", float(bad[i]))
            yield MonitoredTurn(
                service="bot",
                at_ns=BEGIN + int(self.days[i] * DAY),
                losses=[loss] if self.scored[i] else [],
                tags=self.tags[i],
                route=self.routes[i],
                session=self.sessions[i],
                question=str(i) if self.sessions[i] else "",
            )


@dataclass
class Watched:
    """What the monitor raised and resolved; days are those of the traffic."""

    monitor: Monitor
    raised: list[Alarm] = field(default_factory=list)
    resolved: list[Alarm] = field(default_factory=list)

    @property
    def spent(self) -> float:
        return sum(watch.spent for watch in self.monitor.signal_monitors.values())

    @property
    def strata(self) -> str:
        pinned = next(iter(self.monitor.signal_monitors.values())).pinned
        return "none" if pinned is None else f"{pinned.plan.strata}, block {pinned.plan.block}"


Scenario = Callable[[np.random.Generator, float, float], Traffic]


def watch(
    scenario: Scenario,
    seed: int,
    per_day: float,
    days: float,
    turns: int = 2000,
    baseline_days: float = 7.0,
    *,
    accept: bool = False,
) -> Watched:
    """`accept`: somebody accepts the level a day after the first alarm."""
    rng = np.random.default_rng([seed, 19])
    config = MonitorConfig(
        BUDGET, baseline_turns=turns, baseline_days=baseline_days, dimensions=DIMENSIONS
    )
    found = Watched(Monitor(config))
    for turn in scenario(rng, per_day, days).turns(rng):
        if accept and found.raised and turn.at_ns > found.raised[0].raised_ns + DAY:
            accept = False
            key = next(iter(found.monitor.signal_monitors))
            found.monitor.renew(key, [], turn.at_ns, closed=False)
        for alarm in found.monitor.take(turn):
            (found.raised if alarm.resolved_ns is None else found.resolved).append(alarm)
    return found


def day(alarm: Alarm) -> float:
    return (alarm.raised_ns - BEGIN) / DAY


# --- quiet traffic -------------------------------------------------------------------------------


def hard_route(share: float, chance: float) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        hard = rng.random(len(found)) < share
        found.chance[hard] = chance
        found.routes = ["hard" if each else "chat" for each in hard]
        found.tags = [{"model_version": "m1", "route": route} for route in found.routes]
        return found

    return traffic


def two_prompts(share: float, chance: float) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        second = rng.random(len(found)) < share
        found.chance[second] = chance
        names = ["summary" if each else "qa" for each in second]
        found.tags = [{"model_version": "m1", "prompt_version": name} for name in names]
        return found

    return traffic


def ten_tenants(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    found = Traffic.of(rng, per_day, days)
    which = rng.integers(0, 10, len(found))
    found.chance = np.linspace(0.01, 0.09, 10)[which]
    found.tags = [{"model_version": "m1", "tenant": f"t{each}"} for each in which]
    return found


def plain(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    return Traffic.of(rng, per_day, days)


def season(height: float) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        found.chance = 0.05 + height * np.sin(2 * np.pi * found.days)
        return found

    return traffic


def week(worse: float) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        found.chance = np.where(found.days.astype(int) % 7 >= 5, 0.05 + worse, 0.05)
        return found

    return traffic


def wandering(deviation: float) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        levels = np.clip(0.05 + deviation * rng.standard_normal(int(days) + 1), 0.002, 0.5)
        found.chance = levels[found.days.astype(int)]
        return found

    return traffic


def sessions(turns: int, alike: float, tagged: bool) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        count = int(per_day * days / turns)
        starts = np.sort(rng.random(count) * days)
        moods = rng.beta(0.05 * (1 / alike - 1), 0.95 * (1 / alike - 1), count)
        at = (starts[:, None] + np.arange(turns) / 1440).ravel()
        order = np.argsort(at, kind="stable")
        which = np.repeat(np.arange(count), turns)[order]
        n = len(at)
        names = [f"s{each}" if tagged else "" for each in which]
        tags = [{"model_version": "m1"} for _ in range(n)]
        scored = np.full(n, True)
        return Traffic(at[order], moods[which], tags, ["chat"] * n, names, scored)

    return traffic


def bursts(by: float, change: float) -> Scenario:
    """Mean .05 in bursts of some 50 turns, four times as bad as the rest; worse from a day on."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        n = len(found)
        renewed = rng.random(n) < 0.02
        renewed[0] = True
        last = np.maximum.accumulate(np.where(renewed, np.arange(n), 0))
        found.chance = np.where((rng.random(n) < 0.2)[last], 0.13, 0.03)
        found.chance[found.days > change] += by
        return found

    return traffic


def repaired_evaluator(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    """Hard turns are unscored three times in five until day 10: the measured mean does change."""
    found = Traffic.of(rng, per_day, days)
    hard = rng.random(len(found)) < 0.25
    found.chance = np.where(hard, 0.17, 0.01)
    found.scored = ~(hard & (rng.random(len(found)) < 0.6) & (found.days < 10))
    return found


def harder_half(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    """From day 10 on a new version, as good as the old one, is sent the harder questions."""
    found = Traffic.of(rng, per_day, days)
    hard = rng.random(len(found)) < 0.5
    found.chance = np.where(hard, 0.08, 0.02)
    new = hard & (found.days > 10)
    found.tags = [{"model_version": "m2" if each else "m1"} for each in new]
    return found


def churn(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    """A model every hour, a prompt every ten turns."""
    found = Traffic.of(rng, per_day, days)
    found.tags = [
        {"model_version": f"m{int(at * 24)}", "prompt_version": f"p{i // 10}"}
        for i, at in enumerate(found.days)
    ]
    return found


def daily_rollouts(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
    found = Traffic.of(rng, per_day, days)
    found.tags = [{"model_version": f"m{int(at)}"} for at in found.days]
    return found


MIX: dict[str, tuple[Scenario, float, float]] = {
    "all alike": (plain, 1000, 30),
    "route of 8 %, .30": (hard_route(0.08, 0.30), 1000, 30),
    "route of 5 %, .20": (hard_route(0.05, 0.20), 1000, 30),
    "route of 15 %, .20": (hard_route(0.15, 0.20), 1000, 30),
    "route of 1.5 %, .30": (hard_route(0.015, 0.30), 1000, 30),
    "prompts 50/50, .05 and .15": (two_prompts(0.5, 0.15), 1000, 30),
    "prompts 70/30, .05 and .12": (two_prompts(0.3, 0.12), 1000, 30),
    "prompts 50/50, .05 and .08": (two_prompts(0.5, 0.08), 1000, 30),
    "ten tenants, .01 to .09": (ten_tenants, 1000, 30),
}
SEASON: dict[str, tuple[Scenario, float, float]] = {
    "season +-.03": (season(0.03), 1000, 24),
    "season +-.045": (season(0.045), 1000, 24),
    "season +-.03, 20,000 a day": (season(0.03), 20_000, 12),
    "season +-.015, 20,000 a day": (season(0.015), 20_000, 12),
    "two days of the week +.03": (week(0.03), 1000, 30),
    "days wander by .015": (wandering(0.015), 1000, 30),
    "sessions of 5, tagged": (sessions(5, 0.3, True), 1000, 24),
    "sessions of 5, untagged": (sessions(5, 0.3, False), 1000, 24),
    "bursts of 50 turns": (bursts(0.0, 0.0), 1000, 24),
    "a model an hour, prompts of 10 turns": (churn, 1000, 24),
    "a model a day": (daily_rollouts, 1000, 24),
    "a version sent the harder half": (harder_half, 1000, 30),
    "an evaluator repaired (not the same mean)": (repaired_evaluator, 1000, 24),
}


def _named(alarm: Alarm) -> str:
    """What it names, and whether it says that other turns are scored."""
    told = any("turns with a score" in each for each in alarm.details["findings"])
    return f"{alarm.change.dimension}={alarm.change.value}" + " (scored share said)" * told


def quiet(rows: dict[str, tuple[Scenario, float, float]], runs: int, only: str) -> None:
    print("\n| nothing changes | days | runs | alarms a run | allowed | design | named |")
    print("|---|---|---|---|---|---|---|")
    for name, (scenario, per_day, days) in rows.items():
        if only in name:
            found = [watch(scenario, seed, per_day, days) for seed in range(runs)]
            alarms = np.mean([len(each.raised) for each in found])
            spent = np.mean([each.spent for each in found])
            named = Counter(_named(a) for each in found for a in each.raised)
            designs = "; ".join(sorted({each.strata for each in found}))
            told = dict(named.most_common(3))
            print(
                f"| {name} | {days:g} | {runs} | {alarms:.2f} | {spent:.2f} | {designs} | {told} |",
                flush=True,
            )


# --- traffic that gets worse ---------------------------------------------------------------------

CHANGE = 10.0  # day of the change
LATE = 45.0  # where 2,000 turns take 40 days


def grown(by: float, change: float = CHANGE) -> Scenario:
    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        found.chance[found.days > change] += by
        return found

    return traffic


def one_tenant(by: float, share: float = 0.1, second: float = 0.0) -> Scenario:
    """One tenant of this share gets worse; with `second`, five days later another one as well."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        u = rng.random(len(found))
        small, other = u < share, (u >= share) & (u < share + 0.2)
        found.chance[small & (found.days > CHANGE)] += by
        found.chance[other & (found.days > CHANGE + 5)] += second
        names = np.where(small, "small", np.where(other, "other", "big"))
        found.tags = [{"model_version": "m1", "tenant": str(each)} for each in names]
        return found

    return traffic


def new_model(chance: float, share: float, routes: int = 1) -> Scenario:
    """A new model for a share of the turns; with several routes it is worse in each by its own."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        new = (rng.random(len(found)) < share) & (found.days > CHANGE)
        route = rng.integers(0, routes, len(found))
        found.chance = 0.03 + 0.04 * route / max(routes - 1, 1)
        found.chance[new] += (chance - 0.05) * (0.5 + route[new] / max(routes - 1, 1))
        found.routes = [f"r{each}" for each in route]
        found.tags = [
            {"model_version": "m2" if each else "m1", "route": name}
            for each, name in zip(new, found.routes, strict=True)
        ]
        return found

    return traffic


WORSE: dict[str, tuple[Scenario, float, float, str]] = {
    "+.02 in all, 1,000 a day": (grown(0.02), 1000, 24, "="),
    "+.05 in all, 1,000 a day": (grown(0.05), 1000, 18, "="),
    "+.10 in all, 1,000 a day": (grown(0.10), 1000, 14, "="),
    "+.20 in all, 1,000 a day": (grown(0.20), 1000, 12, "="),
    "+.05 in bursts of 50 turns": (bursts(0.05, CHANGE), 1000, 24, "="),
    "+.05 in all, 50 a day": (grown(0.05, LATE), 50, 80, "="),
    "+.10 in all, 50 a day": (grown(0.10, LATE), 50, 80, "="),
    "one tenant in ten +.10": (one_tenant(0.10), 1000, 20, "tenant=small"),
    "one tenant in ten +.25": (one_tenant(0.25), 1000, 16, "tenant=small"),
    "a model for 5 % of turns, .30": (new_model(0.30, 0.05), 1000, 20, "model_version=m2"),
    "a model for all, four tasks, +.10": (new_model(0.15, 1.0, 4), 1000, 16, "model_version=m2"),
}


def worse(_: None, runs: int, only: str) -> None:
    print("\n| from day 10 (45 at 50 a day) | runs | found | median | 90 % | right | early |")
    print("|---|---|---|---|---|---|---|")
    for name, (scenario, per_day, days, right) in WORSE.items():
        if only not in name:
            continue
        change = LATE if per_day < 100 else CHANGE
        delays, named, early = [], 0, 0
        for seed in range(runs):
            found = watch(scenario, seed, per_day, days)
            after = [a for a in found.raised if day(a) > change]
            early += len(found.raised) - len(after)
            delays.append(day(after[0]) - change if after else np.inf)
            named += bool(after) and f"{after[0].change.dimension}={after[0].change.value}" == right
        median, most = np.quantile(delays, [0.5, 0.9], method="higher")
        told = sum(each < np.inf for each in delays)
        print(
            f"| {name} | {runs} | {told} | {median:.2f} | {most:.2f} | {named} | {early} |",
            flush=True,
        )


LASTING: dict[str, Scenario] = {
    "tenant of 5 %, .05 to .25": one_tenant(0.20, 0.05),
    "tenant of 2 %, .05 to .60": one_tenant(0.55, 0.02),
    "model for 5 %, .30": new_model(0.30, 0.05),
    "second drift while the first is open": one_tenant(0.20, 0.1, 0.30),
    "all, +.10": grown(0.10),
}


def lasting(_: None, runs: int, only: str) -> None:
    print("\n| a drift that stays, 20 days | runs | raised | resolved | named | second one told |")
    print("|---|---|---|---|---|---|")
    for name, scenario in LASTING.items():
        if only in name:
            found = [watch(scenario, seed, 1000, CHANGE + 20) for seed in range(runs)]
            raised = np.mean([len(each.raised) for each in found])
            resolved = np.mean([len(each.resolved) for each in found])
            named = Counter("=".join(a.change.segment) for each in found for a in each.raised)
            second = sum(any(a.change.value == "other" for a in each.raised) for each in found)
            told = dict(named.most_common(4))
            print(
                f"| {name} | {runs} | {raised:.2f} | {resolved:.2f} | {told} | {second} |",
                flush=True,
            )


def slow(per_week: float) -> Scenario:
    """Each week a little worse than the one before, from day 14 on."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        found.chance += per_week * np.maximum(found.days - 14, 0) / 7
        return found

    return traffic


def better_and_back(by: float) -> Scenario:
    """Better than the baseline from day 8 to day 30, then as it was."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        found.chance[(found.days > 8) & (found.days < 30)] -= by
        return found

    return traffic


REFERENCES: dict[str, tuple[Scenario, float, float]] = {
    "nothing changes": (plain, 14, 60),
    "worse by .005 a week from day 14": (slow(0.005), 14, 70),
    "better by .035 from day 8, back on day 30": (better_and_back(0.035), 30, 45),
    "worse by .05 on day 20, accepted": (grown(0.05, 20.0), 20, 80),
}


def references(_: None, runs: int, only: str) -> None:
    """Which reference finds what; a raised alarm is accepted after a day where the row says so."""
    print("\n| | runs | alarms a run | found | median days after | by the week | after accepting |")
    print("|---|---|---|---|---|---|---|")
    for name, (scenario, change, days) in REFERENCES.items():
        if only not in name:
            continue
        found = [
            watch(scenario, seed, 1000, days, accept="accepted" in name) for seed in range(runs)
        ]
        raised = [alarm for each in found for alarm in each.raised]
        firsts = [next((a for a in each.raised if day(a) > change), None) for each in found]
        delays = [day(alarm) - change for alarm in firsts if alarm is not None]
        week = sum(alarm is not None and alarm.details["reference"] == "week" for alarm in firsts)
        later = sum(day(alarm) > change + 5 for alarm in raised)
        median = float(np.median(delays)) if delays else np.nan
        print(
            f"| {name} | {runs} | {len(raised) / runs:.2f} | {len(delays)} | {median:.1f} | {week}"
            f" | {later if 'accepted' in name else ''} |",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=("mix", "season", "worse", "lasting", "references"))
    parser.add_argument("--row", default="", help="rows whose name holds this")
    parser.add_argument("--runs", type=int, default=6)
    given = parser.parse_args(arguments)
    if given.only in (None, "mix"):
        quiet(MIX, given.runs, given.row)
    if given.only in (None, "season"):
        quiet(SEASON, given.runs, given.row)
    if given.only in (None, "worse"):
        worse(None, given.runs, given.row)
    if given.only in (None, "lasting"):
        lasting(None, given.runs, given.row)
    if given.only in (None, "references"):
        references(None, given.runs, given.row)


if __name__ == "__main__":
    main()
