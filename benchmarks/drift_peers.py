"""Detectors of other libraries beside ours: false alarms, delay and cost, in one run.

    pip install river evidently "pandas<3"    # not needed by anything else here
    python benchmarks/drift_peers.py [--streams 40] [--slow 10]

Every detector sees the same baseline of 2,000 turns and the same streams, with the settings that
its library gives by default; ours is told to raise at most one false alarm in 100,000 turns, so
that at most 0.1 of quiet runs of 10,000 turns may have one. `--slow` streams for those that
take a millisecond a turn.
"""

import argparse
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from drift import LONGEST, MASS, MIN_EFFECT, STEPS, TURNS, Floats
from groundwire_evaluators.drift import Baseline, TwoSampleESR

BASELINE = 2000
QUIET = 500  # turns before the change
SCENES = ("rare .05>.10", "rare .05>.15", "beta .10>.15", "mixed .08>.14")


class Peer(Protocol):
    def update(self, loss: float) -> bool: ...


Make = Callable[[Floats], Peer]


class Ours:
    def __init__(self, baseline: Floats) -> None:
        self.detector = TwoSampleESR(baseline=Baseline.from_losses(baseline), min_effect=MIN_EFFECT)
        self.at = 0

    def update(self, loss: float) -> bool:
        self.at += 1
        self.detector.update(loss, MASS, self.at)
        return self.detector.drift_detected


class River:
    """A detector of river, fed with the baseline first."""

    def __init__(self, name: str, baseline: Floats) -> None:
        from river import drift

        self.detector = getattr(drift, name)()
        for loss in baseline.tolist():
            self.detector.update(loss)

    def update(self, loss: float) -> bool:
        self.detector.update(loss)
        return bool(self.detector.drift_detected)


class RollingMean:
    """An alarm when the mean of the last 100 turns is 0.05 above the baseline's."""

    def __init__(self, baseline: Floats) -> None:
        self.limit = baseline.mean() + 0.05
        self.last = deque(baseline[-100:].tolist(), maxlen=100)
        self.sum = sum(self.last)

    def update(self, loss: float) -> bool:
        self.sum += loss - self.last[0]
        self.last.append(loss)
        return self.sum / 100 > self.limit


class EvidentlyPsi:
    """Evidently's PSI of the last 500 turns against the baseline, every 50 turns; alarm at 0.1."""

    def __init__(self, baseline: Floats) -> None:
        import pandas as pd
        from evidently.legacy.calculations.stattests.psi import _psi
        from evidently.legacy.core import ColumnType

        self.series, self.psi, self.kind = pd.Series, _psi, ColumnType.Numerical
        self.baseline = self.series(baseline)
        self.last = deque(baseline[-500:].tolist(), maxlen=500)
        self.turns = 0

    def update(self, loss: float) -> bool:
        self.last.append(loss)
        self.turns += 1
        if self.turns % 50:
            return False
        current = self.series(list(self.last))
        return bool(self.psi(self.baseline, current, self.kind, 0.1)[1])


PEERS: dict[str, Make] = {
    "TwoSampleESR": Ours,
    "rolling mean 100, +0.05": RollingMean,
    "river ADWIN": lambda baseline: River("ADWIN", baseline),
    "river PageHinkley": lambda baseline: River("PageHinkley", baseline),
    "river KSWIN": lambda baseline: River("KSWIN", baseline),
    "Evidently PSI, 500 turns": EvidentlyPsi,
}
SLOW = ("river KSWIN", "Evidently PSI, 500 turns")


def first_alarm(peer: Peer, losses: Sequence[float]) -> int | None:
    for index, loss in enumerate(losses):
        if peer.update(loss):
            return index
    return None


def row(name: str, make: Make, streams: int) -> str:
    """False alarms and mean delay in each scene, and CPU time an update."""
    cells, spent, turns = "", 0.0, 0
    for scene in SCENES:
        before, after = STEPS[scene]
        rng = np.random.default_rng(23)  # the same streams for every detector
        quiet, delays = [], []
        for _ in range(streams):
            baseline = before.draw(rng, BASELINE)
            calm = before.draw(rng, TURNS)
            changed = np.concatenate((before.draw(rng, QUIET), after.draw(rng, LONGEST)))
            for losses, alarms in ((calm, quiet), (changed, delays)):
                peer = make(baseline)
                start = time.process_time()
                alarms.append(first_alarm(peer, losses.tolist()))
                spent += time.process_time() - start
                turns += len(losses) if alarms[-1] is None else alarms[-1] + 1
        false = np.mean([alarm is not None for alarm in quiet])
        late = [LONGEST if alarm is None else alarm - QUIET + 1 for alarm in delays]
        late = [delay for delay in late if delay > 0]
        missed = "!" if np.mean([alarm is None for alarm in delays]) > 0.05 else " "
        cells += f"{false:9.2f}{np.mean(late) if late else float('nan'):9.0f}{missed}"
    return f"  {name:26}{cells}{spent / turns * 1e6:9.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=40)
    parser.add_argument("--slow", type=int, default=10)
    parser.add_argument("--only", default="", help="names that begin so")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("share of quiet runs with an alarm (budget 0.10), mean delay; '!' over 5 % never found")
    print(f"  {'':26}" + "".join(f"{scene:>19}" for scene in SCENES) + f"{'us':>9}")
    for name, make in PEERS.items():
        if not name.startswith(arguments.only):
            continue
        streams = arguments.slow if name in SLOW else arguments.streams
        print(row(name, make, streams), flush=True)


if __name__ == "__main__":
    main()
