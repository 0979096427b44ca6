"""Demo options."""

import os
from dataclasses import dataclass
from pathlib import Path

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_demo.corpus import Edition

# Some questions have no judged answer (refusals), so a baseline needs more questions than turns.
_BASELINE_MARGIN = 1.3
_BASELINE_TURNS = "GROUNDWIRE_BASELINE_TURNS"
TURNS, LIVE_TURNS = 2000, 240


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """Parsed command-line options of the demo.

    `memory_agrees`: the fine-tune learnt this year's pages, so its recited answers are still right.
    `scripted`: the scripted stand-in answers, not the recorded model. `live`: the recorded model
    is run here.
    """

    turns: int
    rate: float
    rollout: bool
    keep: bool
    data_dir: Path
    seed: int
    memory_agrees: bool = False
    scripted: bool = False
    live: bool = False

    @property
    def rollout_at(self) -> int | None:
        return self.turns // 2 if self.rollout else None

    @property
    def learnt(self) -> Edition:
        """Edition that the scripted fine-tune memorised."""
        return Edition.THIS_YEAR if self.memory_agrees else Edition.LAST_YEAR

    @property
    def ramp(self) -> int:
        """Questions until the scripted fine-tune recites at its highest rate."""
        return max(1, self.turns * 35 // 100)

    @property
    def probe_interval(self) -> float:
        """Seconds from one probe run to the next: one at the start, one well after the rollout."""
        return 0.75 * self.turns / self.rate

    def collector_settings(self) -> dict[str, str]:
        """Environment of the collector: a baseline of minutes, unless the user set its length.

        The default, a week of traffic, is for production; a demo lasts minutes.
        """
        ours = {_BASELINE_TURNS: "60" if self.live else "500", "GROUNDWIRE_BASELINE_DAYS": "0"}
        return {name: os.environ.get(name, value) for name, value in ours.items()}

    def check(self) -> None:
        """Reject options under which no alarm is possible.

        Raises:
            UsageError: for example, the rollout comes before the baseline is complete.
        """
        needed = round(self._baseline_turns() * _BASELINE_MARGIN)
        if self.rollout_at is not None and self.rollout_at < needed:
            raise UsageError(
                f"with {self.turns} turns the rollout comes before the baseline is complete: use"
                f" --turns {2 * needed} or more, or lower GROUNDWIRE_BASELINE_TURNS"
            )
        if self.live and (self.scripted or self.memory_agrees):
            raise UsageError("--live runs the recorded model; remove --scripted, --memory-agrees")
        if self.memory_agrees and not self.rollout:
            raise UsageError("--memory-agrees needs a rollout; remove --no-rollout")
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise UsageError(f"{self.data_dir} is not empty; the demo needs a new or empty folder")

    def _baseline_turns(self) -> int:
        """Judged turns in the baseline of the demo's collector."""
        if _BASELINE_TURNS in os.environ:
            return Settings.load(None).baseline_turns
        return int(self.collector_settings()[_BASELINE_TURNS])
