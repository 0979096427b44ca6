"""Figures of the monitor as a whole: what alarms name, false alarms, what moves by itself, cost.

    python benchmarks/monitor.py [--seeds 100] [--only attribution,guarantee,moving,decay,cost]

Everything goes through `Monitor.take`, as live traffic does. Losses are 0 and 1.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from groundwire_collector.drift.checkpoint import packed
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

MONTH = AlarmBudget.parse("1 per 30d")
DAY_NS = 86_400 * 10**9
MINUTE_NS = 60 * 10**9
Tags = dict[str, str]


@dataclass
class Service:
    """Turns at an even pace; `loss` gives the chance of a bad one by time and tags."""

    monitor: Monitor
    rng: np.random.Generator
    name: str = "bot"
    pause_ns: int = MINUTE_NS
    at_ns: int = 20_000 * DAY_NS
    alarms: list[Alarm] = field(default_factory=list)

    def run(
        self,
        turns: int,
        chance: Callable[[Tags, int], float],
        tags: Callable[[int], Tags] = lambda _: {},
        until_alarm: bool = False,
    ) -> int:
        """Feed turns; how many were fed. `tags` and `chance` are given the turn's number."""
        for number in range(turns):
            self.at_ns += self.pause_ns
            told = tags(number)
            bad = float(self.rng.random() < chance(told, number))
            reading = MonitoredTurn(
                service=self.name,
                at_ns=self.at_ns,
                losses=[SignalLoss("p_unsupported", "1", bad)],
                tags={
                    dimension: value for dimension, value in told.items() if dimension in DIMENSIONS
                },
                route=told.get("route", ""),
            )
            raised = [a for a in self.monitor.take(reading) if a.resolved_ns is None]
            self.alarms += raised
            if raised and until_alarm:
                return number + 1
        return turns


def terms(baseline: int = 2000, budget: AlarmBudget = MONTH, **more: object) -> MonitorConfig:
    return MonitorConfig(budget, baseline_turns=baseline, dimensions=DIMENSIONS, **more)


def some(rng: np.random.Generator, **shares: dict[str, float]) -> Callable[[int], Tags]:
    """Tags drawn for each turn by themselves, dimension by dimension."""
    drawn = {dimension: (list(of), list(of.values())) for dimension, of in shares.items()}
    return lambda _: {
        dimension: str(rng.choice(names, p=p)) for dimension, (names, p) in drawn.items()
    }


ROUTES = {"retrieval": 0.7, "tool": 0.3}
TENANTS = {"a": 0.5, "b": 0.3, "c": 0.2}
BEFORE = {
    "model_version": {"ft-1": 1.0},
    "prompt_version": {"p1": 1.0},
    "index_version": {"i1": 1.0},
    "route": ROUTES,
    "tenant": TENANTS,
}
HALF = {
    "model_version": {"ft-1": 0.5, "ft-2": 0.5},
    "prompt_version": {"p1": 0.5, "p2": 0.5},
    "index_version": {"i1": 0.5, "i2": 0.5},
}
# Name: what is rolled out, and the one value that is hit.
SCENARIOS: dict[str, tuple[dict[str, dict[str, float]], tuple[str, str]]] = {
    "a model for half of the traffic": (
        {"model_version": HALF["model_version"]},
        ("model_version", "ft-2"),
    ),
    "a model for a tenth of the traffic": (
        {"model_version": {"ft-1": 0.9, "ft-2": 0.1}},
        ("model_version", "ft-2"),
    ),
    "model, prompt and index at once, the prompt is bad": (HALF, ("prompt_version", "p2")),
    "model, prompt and index at once, the index is bad": (HALF, ("index_version", "i2")),
    "a model for all, it is bad": (
        {"model_version": {"ft-2": 1.0}},
        ("model_version", "ft-2"),
    ),
    "a model for all, but only one tenant is hit": (
        {"model_version": {"ft-2": 1.0}},
        ("tenant", "c"),
    ),
    "no rollout, one route is hit": ({}, ("route", "tool")),
}


def named(scenario: str, seed: int, growth: float = 0.2) -> tuple[tuple[str, str], int]:
    """What the first alarm after the rollout names, and after how many turns it came."""
    rollout, hit = SCENARIOS[scenario]
    rng = np.random.default_rng(seed)
    service = Service(Monitor(terms()), rng)
    service.run(2600, lambda _tags, _: 0.05, some(rng, **BEFORE))
    service.alarms.clear()
    fed = service.run(
        20_000,
        lambda tags, _: 0.05 + growth * (tags[hit[0]] == hit[1]),
        some(rng, **{**BEFORE, **rollout}),
        until_alarm=True,
    )
    alarm = service.alarms[-1] if service.alarms else None
    return (alarm.change.segment if alarm else ("", "no alarm")), fed


def print_attribution(seeds: int) -> None:
    """A rollout hits one value of one dimension: is exactly that named?"""
    print(
        f"\nwhat the alarm names, {seeds} seeds each; five dimensions, a growth from .05 to .25 "
        f"in it"
    )
    for scenario, (_, hit) in SCENARIOS.items():
        found = [named(scenario, seed) for seed in range(seeds)]
        right = np.mean([what == hit for what, _ in found])
        others = Counter(" ".join(what) or "whole service" for what, _ in found if what != hit)
        told = ", ".join(f"{name} {n}" for name, n in others.most_common(3))
        delay = np.mean([fed for _, fed in found])
        print(f"  {scenario:52}{right:6.2f}  after {delay:5.0f} turns  {told}")


def quiet_alarms(
    seed: int, days: int, services: int = 3, deployments_a_day: float = 2.0, pause: int = 10
) -> int:
    """False alarms of some services under one budget, nothing being worse than the baseline."""
    rng = np.random.default_rng(seed)
    monitor = Monitor(terms(300, AlarmBudget.parse(f"1 per {days}d")))
    watched = []
    for number in range(services):
        version = [0]

        def tags(_: int, version: list[int] = version) -> Tags:
            if rng.random() < deployments_a_day * pause / 1440:
                version[0] += 1
            model = f"v{version[0] - int(rng.integers(0, 3))}"
            return {"model_version": model, "route": str(rng.choice(["retrieval", "tool"]))}

        service = Service(monitor, rng, f"s{number}", pause * MINUTE_NS)
        service.run(310, lambda _tags, _: 0.1, lambda _: {"model_version": "v0", "route": "tool"})
        watched.append((service, tags))
    for _ in range(days * 1440 // pause // 50):
        for service, tags in watched:
            service.run(50, lambda _tags, _: 0.1, tags)
    return sum(len(service.alarms) for service, _ in watched)


def print_guarantee(seeds: int) -> None:
    """Many services, values and deployments: are false alarms within the budget?"""
    days = 10
    print(
        f"\nfalse alarms, a budget of 1 per {days} days, {seeds} times {days} days after baselines"
    )
    for services, deployments in ((1, 0.5), (3, 2.0), (8, 10.0)):
        found = [quiet_alarms(seed, days, services, deployments) for seed in range(seeds)]
        error = np.std(found) / np.sqrt(seeds)
        print(
            f"  {services} service(s), {deployments:4.1f} deployments a day each:"
            f" {np.mean(found):.3f} (s.e. {error:.3f})"
        )


def seasonal(at_ns: int) -> float:
    return 0.06 + 0.04 * np.sin(2 * np.pi * at_ns / DAY_NS)


def moving(kind: str, seed: int, worse_by: float) -> int | None:
    """Turns from the change to the alarm, of 10,000; None where there was none."""
    rng = np.random.default_rng(seed)
    service = Service(Monitor(terms(8000, AlarmBudget.parse("1 per 70d"))), rng)
    share = [0.3]
    hidden = [0.03]

    def tags(_: int) -> Tags:
        return {"route": "tool" if kind == "mix" and rng.random() < share[0] else "retrieval"}

    def chance(told: Tags, _: int) -> float:
        if kind == "season":
            return seasonal(service.at_ns)
        if kind == "mix":
            return 0.12 if told["route"] == "tool" else 0.02
        if kind == "bursts":
            if rng.random() < 0.02:
                hidden[0] = 0.13 if rng.random() < 0.2 else 0.03
            return hidden[0]
        return 0.05

    service.run(8010, chance, tags)
    share[0] = 0.6
    fed = service.run(10_000, lambda t, n: chance(t, n) + worse_by, tags, until_alarm=True)
    return fed if service.alarms else None


def print_moving(seeds: int) -> None:
    """The conditional mean moves by itself: season, mix, bursts. The plan is the monitor's own."""
    print("\n10,000 turns after a baseline of 8,000 (a turn a minute), budget 0.100 in that time")
    print(f"  {'':14}{'quiet runs with an alarm':>26}{'delay of a growth by .05':>28}")
    for kind in ("independent", "season", "mix", "bursts"):
        quiet = np.mean([moving(kind, seed, 0.0) is not None for seed in range(seeds)])
        found = [moving(kind, 1000 + seed, 0.05) for seed in range(max(seeds // 2, 2))]
        delays = [fed for fed in found if fed is not None]
        told = f"{np.mean(delays):.0f} ({len(delays)} of {len(found)})" if delays else "none found"
        print(f"  {kind:14}{quiet:26.3f}{told:>28}")


def decay(seed: int, daily: bool) -> float | None:
    """Days until a decay by .04 over 60 days is found."""
    rng = np.random.default_rng(seed)
    days = 25.0 if daily else 0.0
    service = Service(Monitor(terms(2000, baseline_days=days)), rng, pause_ns=10 * MINUTE_NS)
    # Bursts of half a day keep the fast clock from seeing much.
    hidden = [0.05]

    def chance(_: Tags, number: int) -> float:
        if number % 72 == 0:
            hidden[0] = 0.05 + 0.02 * rng.standard_normal()
        return max(hidden[0], 0.0)

    service.run(144 * 26, chance)
    fed = service.run(
        144 * 90, lambda t, n: chance(t, n) + 0.04 * min(n / 144 / 60, 1), until_alarm=True
    )
    return fed / 144 if service.alarms else None


def print_decay(seeds: int) -> None:
    print("\na decay by .04 over 60 days, losses vary from half day to half day; days to the alarm")
    for daily in (False, True):
        found = [decay(seed, daily) for seed in range(max(seeds // 5, 2))]
        days = [each for each in found if each is not None]
        which = "with the daily clock" if daily else "fast clock alone"
        mean = f"{np.mean(days):5.1f}" if days else "none"
        print(f"  {which:22}{mean} ({len(days)} of {len(found)} found)")


def print_cost(_: int) -> None:
    """Microseconds a turn, and bytes written down a batch."""
    print("\ncost (CPU) of one turn through the monitor")
    for name, routes in (("one stratum", {"retrieval": 1.0}), ("two strata", ROUTES)):
        for dimensions in (0, 1, 5):
            rng = np.random.default_rng(1)
            service = Service(Monitor(terms()), rng)
            chosen = {dimension: BEFORE[dimension] for dimension in list(BEFORE)[:dimensions]}
            tags = some(rng, **{**chosen, **({"route": routes} if dimensions == 5 else {})})
            told = [tags(n) | {"route": str(rng.choice(list(routes)))} for n in range(4000)]
            weak = 0.05 if len(routes) == 1 else 0.2

            def chance(each: Tags, _: int, weak: float = weak) -> float:
                return weak if each["route"] == "tool" else 0.05

            service.run(2001, chance, lambda n, told=told: told[n])
            begin = time.process_time()
            service.run(1500, chance, lambda n, told=told: told[2001 + n])
            spent = (time.process_time() - begin) / 1500 * 1e6
            [watch] = service.monitor.signal_monitors.values()
            states = [packed(each.to_state()) for each in watch.streams.values()]
            size = sum(len(str(state)) for state in states) / 1000
            strata = str(watch.pinned.plan.strata)
            print(
                f"  {name:12} ({strata}), {dimensions} dimensions, {len(states)} detectors: "
                f"{spent:6.0f} us a turn, {size:5.0f} kB of states"
            )


PARTS = {
    "attribution": print_attribution,
    "guarantee": print_guarantee,
    "moving": print_moving,
    "decay": print_decay,
    "cost": print_cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        PARTS[name](arguments.seeds)


if __name__ == "__main__":
    main()
