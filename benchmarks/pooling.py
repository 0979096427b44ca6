"""Ten services that roll out one version within minutes: turns until an alarm, pooled and not.

    python benchmarks/pooling.py --runs 20

Every service has a baseline of 1,000 turns with losses of 0 and 1 around .05; all roll out the same
model at once, whose losses are higher, and share the budget of 1 per 30 days.
"""

import argparse

import numpy as np

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.drift.rollout_pool import RolloutPools
from groundwire_evaluators.drift import AlarmBudget

MINUTE = 60 * 10**9
BASELINE, LONGEST = 1000, 3000  # turns of each service; turns of all together


class NoPools(RolloutPools):
    """Never pools."""

    def join(self, *_: object) -> None:
        return None


def turn(service: int, number: int, loss: bool, version: str) -> MonitoredTurn:
    return MonitoredTurn(
        service=f"bot{service}",
        at_ns=(30_000_000 * 10 + number) * MINUTE // 10,
        losses=[SignalLoss("p_unsupported", "1", float(loss))],
        tags={"model_version": version},
        route="retrieval",
    )


def until_alarm(seed: int, services: int, chance: float, *, pooled: bool) -> float:
    rng = np.random.default_rng(seed)
    config = MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=BASELINE, baseline_days=0)
    monitor = Monitor(config)
    if not pooled:
        monitor.pools = NoPools(config.min_effect)
    before = services * (BASELINE + 50)
    for number in range(before + LONGEST):
        later = number >= before
        loss = rng.random() < (chance if later else 0.05)
        version = "m2" if later else "m1"
        if monitor.take(turn(number % services, number, loss, version)) and later:
            return number - before + 1
    return np.inf


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print(
        "| losses of the new model | services | pooled | not found | each for itself | not found |"
    )
    print("|---|---|---|---|---|---|")
    for chance in (0.15, 0.25, 0.05):
        cells = []
        for pooled in (True, False):
            found = [until_alarm(seed, 10, chance, pooled=pooled) for seed in range(runs)]
            missed = sum(each == np.inf for each in found)
            middle = float(np.quantile(found, 0.5, method="lower"))
            cells += [f"{middle:.0f}", f"{missed} of {runs}"]
        print(f"| {chance} | 10 | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
