"""Services that roll out one version together pool their evidence."""

import json
import random

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

MINUTE = 60 * 10**9
SERVICES = [f"bot{number}" for number in range(10)]
TERMS = MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=1000, baseline_days=0)


def turn(service: str, at_ns: int, loss: float, version: str) -> MonitoredTurn:
    return MonitoredTurn(
        service=service,
        at_ns=at_ns,
        losses=[SignalLoss("p_unsupported", "1", loss)],
        tags={"model_version": version},
        route="retrieval",
    )


def pinned(rng: random.Random) -> tuple[Monitor, int]:
    """Ten services with their baselines, and the time after it."""
    monitor, at_ns = Monitor(TERMS), 30_000_000 * MINUTE
    for number in range(1100):
        for service in SERVICES:
            at_ns = (30_000_000 + number) * MINUTE
            monitor.take(turn(service, at_ns, float(rng.random() < 0.05), "m1"))
    return monitor, at_ns


def rolled_out(
    monitor: Monitor, rng: random.Random, at_ns: int, chance: float, each: int
) -> tuple[list[Alarm], int]:
    """Alarms within so many turns of each service, and the turns until the first."""
    for number in range(each * len(SERVICES)):
        service = SERVICES[number % len(SERVICES)]
        found = monitor.take(
            turn(service, at_ns + (number + 1) * MINUTE // 10, float(rng.random() < chance), "m2")
        )
        if found:
            return found, number + 1
    return [], each * len(SERVICES)


def test_a_version_that_is_bad_everywhere_alarms_though_each_service_saw_few_turns() -> None:
    turns = []
    for seed in range(3):
        rng = random.Random(seed)
        monitor, at_ns = pinned(rng)
        [alarm], until = rolled_out(monitor, rng, at_ns, 0.3, each=40)
        assert alarm.change.segment == ("model_version", "m2")
        assert alarm.cause == "model"
        assert alarm.details["pooled_services"] == sorted(SERVICES)
        assert any("10 services" in finding for finding in alarm.details["findings"])
        turns.append(until)
    assert sorted(turns)[1] < 200


def test_a_version_that_is_as_good_alarms_nowhere() -> None:
    rng = random.Random(5)
    monitor, at_ns = pinned(rng)
    assert rolled_out(monitor, rng, at_ns, 0.05, each=150)[0] == []


def test_a_pool_that_is_written_down_goes_on_alike() -> None:
    rng = random.Random(2)
    monitor, at_ns = pinned(rng)
    rolled_out(monitor, rng, at_ns, 0.1, each=6)
    [pool] = monitor.pools.pools.values()
    written = json.loads(json.dumps(monitor.pools.to_state()))
    monitor.pools.pools.clear()
    monitor.resume_pools(written)
    [again] = monitor.pools.pools.values()
    assert pool.detector is not None
    assert again.detector is not None
    assert again.detector.statistic == pool.detector.statistic
    assert again.members.keys() == pool.members.keys()


def test_a_service_that_rolls_out_hours_later_begins_a_pool_of_its_own() -> None:
    rng = random.Random(3)
    monitor, at_ns = pinned(rng)
    monitor.take(turn("bot0", at_ns + MINUTE, 0.0, "m2"))
    monitor.take(turn("bot1", at_ns + 300 * MINUTE, 0.0, "m2"))
    [pool] = monitor.pools.pools.values()
    assert list(pool.members) == ["bot1"]
