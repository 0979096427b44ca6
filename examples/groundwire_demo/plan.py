"""Demo options."""

import os
from dataclasses import dataclass
from pathlib import Path

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_demo.corpus import Edition

# Some questions have no judged answer (refusals), so a baseline takes more of them than it holds.
_BASELINE_MARGIN = 1.3
# A week of traffic is a default for production; a demo has minutes, all of one kind. What the user
# sets goes first.
BASELINE = {"GROUNDWIRE_BASELINE_TURNS": "500", "GROUNDWIRE_BASELINE_DAYS": "0"}


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """Parsed command-line options of the demo.

    `memory_agrees`: the fine-tune learnt this year's pages, so what it recites is still right.
    `scripted`: the scripted stand-in answers, not the recorded model.
    """

    turns: int
    rate: float
    rollout: bool
    keep: bool
    data_dir: Path
    seed: int
    memory_agrees: bool = False
    scripted: bool = False

    @property
    def rollout_at(self) -> int | None:
        return self.turns // 2 if self.rollout else None

    @property
    def learnt(self) -> Edition:
        """Edition that the scripted fine-tune memorised."""
        return Edition.THIS_YEAR if self.memory_agrees else Edition.LAST_YEAR

    @property
    def ramp(self) -> int:
        """Questions in which the scripted fine-tune gets to its worst."""
        return max(1, self.turns * 35 // 100)

    @property
    def probe_interval(self) -> float:
        """Seconds from one probe run to the next: one at the start, one well after the rollout."""
        return 0.75 * self.turns / self.rate

    def check(self) -> None:
        """Reject options that cannot raise the alarm.

        Raises:
            UsageError: the rollout comes before the collector can have a baseline, say.
        """
        needed = round(baseline_turns() * _BASELINE_MARGIN)
        if self.rollout_at is not None and self.rollout_at < needed:
            raise UsageError(
                f"with {self.turns} turns the rollout comes before the collector has its baseline:"
                f" at least --turns {2 * needed}, or a smaller GROUNDWIRE_BASELINE_TURNS"
            )
        if self.memory_agrees and not self.rollout:
            raise UsageError("--memory-agrees is about a rollout; leave --no-rollout out")
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise UsageError(f"{self.data_dir} is not empty; the demo needs a new folder")


def baseline_turns() -> int:
    """Judged turns that the demo's collector makes its baseline of."""
    name = "GROUNDWIRE_BASELINE_TURNS"
    return Settings.load(None).baseline_turns if name in os.environ else int(BASELINE[name])
