"""Through the whole monitor: false alarms are at most what was spent, and that is in the budget.

The long form is `benchmarks/monitor.py --only guarantee`.
"""

import random

import numpy as np

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_evaluators.drift import AlarmBudget

DAYS = 4
PAUSE = 600 * 10**9
RUNS = 25
BASELINE = 100


def quiet_period(seed: int) -> tuple[int, float]:
    """False alarms and mass of two services with rollouts twice a day, under one budget."""
    rng = random.Random(seed)
    terms = MonitorConfig(
        AlarmBudget.parse(f"1 per {DAYS}d"), baseline_turns=BASELINE, baseline_days=0
    )
    monitor = Monitor(terms)
    alarms = version = 0
    for number in range(BASELINE + DAYS * 144):
        at_ns = (10_000_000 + number) * PAUSE
        version += rng.random() < 2 / 144
        for service in ("a", "b"):
            reading = MonitoredTurn(
                service=service,
                at_ns=at_ns,
                losses=[SignalLoss("p_unsupported", "1", float(rng.random() < 0.1))],
                tags={
                    "model_version": f"v{version - (rng.random() < 0.3)}",
                    "route": rng.choice(["retrieval", "tool"]),
                },
                route="retrieval",
            )
            alarms += sum(alarm.resolved_ns is None for alarm in monitor.take(reading))
    return alarms, sum(watch.spent for watch in monitor.signal_monitors.values())


def test_false_alarms_of_the_whole_monitor_are_at_most_what_was_spent():
    found = [quiet_period(seed) for seed in range(RUNS)]
    alarms = np.array([each[0] for each in found])
    spent = np.array([each[1] for each in found])
    error = max(float(alarms.std()), 0.3) / np.sqrt(RUNS)
    assert (spent <= 1.0).all()
    assert spent.mean() > 0.2  # or the test says nothing
    assert alarms.mean() <= spent.mean() + 2 * error
