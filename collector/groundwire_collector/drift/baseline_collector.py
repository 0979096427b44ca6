"""Collection of turns for a baseline."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groundwire_collector.drift.detector_state import new_version
from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_collector.drift.losses import LossObservation

HOUR_NS, DAY_NS = 3600 * NANOSECONDS, 86_400 * NANOSECONDS
MOST_PER_HOUR = 250  # turns: a week of them is 42,000
PROVISIONAL_TURNS = 200  # a provisional baseline is made of so many, of twice as many, and so on


@dataclass(slots=True)
class BaselineCollector:
    """Takes turns by number and by time, never by their losses.

    `version` is another one for each baseline. `released` of its turns are no longer held.
    `provisional_at`: the number of turns from which on the next provisional baseline is made.
    `under_alarm`: the turns came while an alarm against a provisional baseline was open.
    """

    turns: list[LossObservation] = field(default_factory=list)
    released: int = 0
    provisional_at: int = PROVISIONAL_TURNS
    under_alarm: bool = False
    version: int = field(default_factory=new_version)

    def add(self, turn: LossObservation, *, capped: bool) -> None:
        """Take a turn; `capped`: of the turns of an hour no more than the first `MOST_PER_HOUR`.

        Neighbours are taken together, so that their dependence is seen.
        """
        if capped and len(self.turns) >= MOST_PER_HOUR:
            hour = turn.at_ns // HOUR_NS
            if self.turns[-MOST_PER_HOUR].at_ns // HOUR_NS >= hour:
                return
        self.turns.append(turn)

    def enough(self, turns: int, days: float) -> bool:
        return len(self.turns) >= turns and self.days >= days

    def provisionally_enough(self) -> bool:
        """Whether it is time for the next provisional baseline; not while an alarm is open."""
        if self.under_alarm or len(self.turns) < self.provisional_at:
            return False
        self.provisional_at = 2 * len(self.turns)
        return True

    @property
    def days(self) -> float:
        """The time that the turns span."""
        if not self.turns:
            return 0.0
        return (self.turns[-1].at_ns - self.turns[0].at_ns) / DAY_NS

    def release(self) -> None:
        """Let go of turns that are stored and needed no more."""
        self.released += len(self.turns)
        self.turns, self.provisional_at = [], PROVISIONAL_TURNS

    def complete(self, turns: Sequence[LossObservation]) -> None:
        """These turns are the baseline."""
        self.turns = list(turns)
