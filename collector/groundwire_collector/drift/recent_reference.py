"""Last good week: a second reference beside the pinned baseline.

The pinned baseline finds what decays slowly, however slowly, and grows lax where a service got
better: a return to its old level is no drift to it. The last week without an alarm finds such a
return at once, and forgets what is slower than a week. Both share the budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from groundwire_collector.drift.baseline import FEWEST, StratifiedBaseline
from groundwire_collector.drift.detector_state import new_version
from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import ReferenceKind, SegmentReference
from groundwire_collector.drift.strata import POOLED
from groundwire_evaluators.drift import Baseline

SHARE = 0.15  # of a watch's time
DAYS = 7  # whole days with turns that a reference is made of
FEWEST_TURNS = 500  # and turns
MOST_PER_HOUR = 30  # turns: neighbours, so that their dependence stays; some 5,000 a week
HOUR_NS, DAY_NS = 3600 * NANOSECONDS, 86_400 * NANOSECONDS


@dataclass(slots=True)
class GoodDay:
    """Losses of a day in order, each with its stratum.

    At most `MOST_PER_HOUR` an hour.
    """

    losses: list[tuple[str, float]] = field(default_factory=list)
    hour: int = -1
    taken: int = 0  # in this hour
    version: int = field(default_factory=new_version)

    def add(self, stratum: str, loss: float, hour: int) -> None:
        if hour != self.hour:
            self.hour, self.taken = hour, 0
        if self.taken < MOST_PER_HOUR:
            self.losses.append((stratum, loss))
            self.taken += 1
            self.version = new_version()

    def to_state(self) -> dict[str, Any]:
        return {"losses": [list(each) for each in self.losses], "hour": [self.hour, self.taken]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "GoodDay":
        return cls([(name, loss) for name, loss in state["losses"]], *state["hour"])


@dataclass(slots=True)
class GoodWeek:
    """Collector of the next week's reference, under the pinned baseline's design.

    Guarantee of a detector that is begun anew with each reference: its own, while the conditional
    mean of a turn, per stratum and block, is not worse than in the week it is compared with; false
    alarms are at most the mass spent, over all weeks together, as a new week begins by number and
    time and without any evidence. Turns during an open alarm are in no week, which is decided
    before their loss. Price: a change that is not found before the week ends becomes part of the
    next reference, which is what the pinned baseline is for.
    """

    pinned: StratifiedBaseline
    days: dict[int, GoodDay] = field(default_factory=dict)

    def add(self, turn: LossObservation, at_ns: int, *, good: bool) -> SegmentReference | None:
        """Take a turn of the service; the reference of the week that ends with it.

        `good`: no alarm is open, so the turn counts.
        """
        ended = self._end_week(at_ns // DAY_NS)
        stratum = self.pinned.plan.strata.of_turn(turn)
        if good and (stratum != POOLED or not self.pinned.plan.strata.any):
            day = self.days.setdefault(at_ns // DAY_NS, GoodDay())
            day.add(stratum, turn.loss, at_ns // HOUR_NS)
        return ended

    def resume(self, day: int, state: Mapping[str, Any]) -> None:
        """Take back a day that was written down."""
        self.days[day] = GoodDay.from_state(state)
        self.days = dict(sorted(self.days.items()))

    def _end_week(self, today: int) -> SegmentReference | None:
        """With the first turn of a day, the days before it if there are enough."""
        if today in self.days or len(self.days) <= DAYS:
            return None
        whole = list(self.days.values())[1:]  # the first one is part of a day
        found = [each for day in whole for each in day.losses]
        if len(found) < FEWEST_TURNS:
            return None
        # The last day again, as the part of a day that the next week begins with.
        self.days = dict(list(self.days.items())[-1:])
        return self._reference(found)

    def _reference(self, found: list[tuple[str, float]]) -> SegmentReference | None:
        groups: dict[str, list[float]] = {}
        for stratum, loss in found:
            groups.setdefault(stratum, []).append(loss)
        dependence = self.pinned.plan.dependence
        baselines = {
            name: Baseline.from_losses(losses, dependence)
            for name, losses in sorted(groups.items())
            if len(losses) >= FEWEST
        }
        if not baselines:
            return None
        strata = self.pinned.plan.strata
        known = frozenset(baselines) if strata.any else frozenset()
        return SegmentReference(ReferenceKind.RECENT, replace(strata, known=known), baselines)
