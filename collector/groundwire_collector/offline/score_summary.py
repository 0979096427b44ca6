"""Summary of scored answers: flagged share and mean faithfulness with intervals."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.statistics import Interval, wilson
from groundwire_evaluators.statistics.interval import normal_quantile


@dataclass(slots=True)
class ScoreSummary:
    """Counts and sums of evaluations, in constant memory.

    Intervals take the answers for independent: of several answers to one question they are too
    narrow. That of the flagged share is Wilson's, that of the mean the normal one.
    """

    states: Counter[State] = field(default_factory=Counter)
    flagged: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, evaluation: Evaluation) -> None:
        """Count one evaluation."""
        self.states[evaluation.state] += 1
        if evaluation.state is State.SCORED and evaluation.value is not None:
            self.flagged += bool(evaluation.flagged)
            self.total += evaluation.value
            self.squares += evaluation.value**2

    @property
    def scored(self) -> int:
        return self.states[State.SCORED]

    def flagged_interval(self, level: float = 0.95) -> Interval:
        """Interval of the flagged share of scored answers."""
        return wilson(self.flagged, self.scored, level)

    def mean(self) -> float:
        """Mean value of scored answers; raises ZeroDivisionError where none is scored."""
        return self.total / self.scored

    def mean_interval(self, level: float = 0.95) -> Interval:
        """Normal interval of the mean value, cut to [0, 1]; (0, 1) below two answers."""
        if self.scored < 2:
            return Interval(0.0, 1.0)
        mean = self.mean()
        variance = max(self.squares / self.scored - mean**2, 0.0) * self.scored / (self.scored - 1)
        half = normal_quantile(level) * sqrt(variance / self.scored)
        return Interval(max(0.0, mean - half), min(1.0, mean + half))

    def as_record(self) -> dict[str, object]:
        """For programs: counts by state, flagged share and mean, each with its 95 % interval."""
        record: dict[str, object] = {
            "answers": self.states.total(),
            "states": {state.value: count for state, count in self.states.most_common()},
        }
        if self.scored:
            record |= {
                "flagged": self.flagged,
                "flagged_share": self.flagged / self.scored,
                "flagged_share_interval": list(self.flagged_interval()),
                "mean": self.mean(),
                "mean_interval": list(self.mean_interval()),
            }
        return record

    def lines(self, measure: str) -> Iterable[str]:
        """For people; `measure` is what the evaluator's value is called."""
        others = [
            f"{count} {state.value}"
            for state, count in self.states.most_common()
            if state is not State.SCORED
        ]
        yield f"{self.states.total()} answers: " + ", ".join([f"{self.scored} scored", *others])
        if self.scored:
            low, high = self.flagged_interval()
            share = self.flagged / self.scored
            yield f"flagged: {self.flagged} ({share:.1%}, 95 % interval {low:.1%} to {high:.1%})"
            low, high = self.mean_interval()
            yield f"mean {measure}: {self.mean():.3f} (95 % interval {low:.3f} to {high:.3f})"
