"""Share of turns with and without a score: monitored signals, reasons, shifts.

A turn without a score is in no mean: an evaluator that stops to score hard turns, content that is
cut, or a model that starts to refuse makes the other signals look better. So whether a turn has a
score is a loss, too: 1 where it has none.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwire_evaluators.evaluation import Evaluation, State

EVALUATOR = "grounding"  # judges every turn, so its states are those of the turns
NOT_EVALUATED, UNSCORED = "not_evaluated", "unscored"
# The states of each signal: a fault of the pipeline, or an answer in which there is nothing to
# score. Apart, as a rare fault would not show among many refusals.
MISSING_STATES: Mapping[str, frozenset[State]] = {
    NOT_EVALUATED: frozenset({State.FAILED, State.NOT_EVALUABLE}),
    UNSCORED: frozenset({State.REFUSAL, State.NO_CONTEXT, State.NO_CLAIMS}),
}
WEIGHT = 0.25  # of each in the budget, where a signal of the answers' quality has 1
REMEMBERED = 200  # newest turns without a score whose reasons are known one by one
NAMED = 3  # reasons in a sentence
MEMORY = 500.0  # turns after which one counts for a third in the recent share
FEWEST = 100.0  # turns before a share is spoken of
CHANGED = 0.05  # of the turns
CERTAIN = 3.0  # standard errors


def missing_losses(evaluations: Sequence[Evaluation]) -> Iterator[tuple[str, float, str]]:
    """Signal, loss (1: no score) and reason, of the evaluator that judges every turn.

    Nothing where it has not judged the turn.
    """
    found = next((each for each in evaluations if each.evaluator == EVALUATOR), None)
    if found is None or found.state is State.NOT_SAMPLED:
        return
    for signal, states in MISSING_STATES.items():
        missing = found.state in states
        yield signal, float(missing), reason_of(found) if missing else ""


def reason_of(evaluation: Evaluation) -> str:
    """State and, where they are few and fixed, what it is due to.

    >>> from groundwire_evaluators.evaluation import Evaluation, State
    >>> reason_of(Evaluation(evaluator="grounding", revision="1", state=State.FAILED,
    ...     failure="timeout"))
    'failed: timeout'
    """
    known = evaluation.state is State.NOT_EVALUABLE
    why = evaluation.reason if known else evaluation.failure
    return f"{evaluation.state.value}: {why}" if why else evaluation.state.value


@dataclass(slots=True)
class MissingReasons:
    """Reasons of turns without a score, in the baseline and newest."""

    before: Counter[str] = field(default_factory=Counter)
    recent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def add(self, reason: str, at_ns: int, *, baseline: bool) -> None:
        if baseline:
            self.before[reason] += 1
        self.recent.append((at_ns, reason))

    def since(self, at_ns: int) -> Counter[str]:
        """Turns by reason from this time on, as far as they are remembered."""
        return Counter(reason for at, reason in self.recent if at >= at_ns)

    def finding(self, at_ns: int) -> str:
        """In words, the reasons since a change; empty where there were none."""
        found = self.since(at_ns)
        if not found:
            return ""
        parts = [
            f"{count} {reason} ({self.before[reason]} in the whole baseline)"
            for reason, count in found.most_common(NAMED)
        ]
        return f"Turns without a score since then: {', '.join(parts)}"

    def main_state(self, at_ns: int) -> str:
        """The state of most of them, as pages and the API filter by it."""
        states = Counter[str]()
        for reason, count in self.since(at_ns).items():
            states[reason.partition(":")[0]] += count
        return states.most_common(1)[0][0] if states else ""

    def to_state(self) -> dict[str, Any]:
        return {"before": dict(self.before), "recent": [list(each) for each in self.recent]}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.before = Counter(state["before"])
        self.recent.extend((at_ns, reason) for at_ns, reason in state["recent"])


@dataclass(slots=True)
class ScoredShare:
    """Scored and unscored turns, in the baseline and recently."""

    before: float = 0.0
    before_scored: float = 0.0
    recent: float = 0.0
    recent_scored: float = 0.0

    def add(self, scored: bool, *, baseline: bool) -> None:
        """One turn; `baseline`: it came while the baseline was collected."""
        if baseline:
            self.before += 1
            self.before_scored += scored
            return
        fade = 1 - 1 / MEMORY
        self.recent = self.recent * fade + 1
        self.recent_scored = self.recent_scored * fade + scored

    @property
    def moved(self) -> str:
        """In words, where the share clearly changed; empty where it did not."""
        if min(self.before, self.recent) < FEWEST:
            return ""
        old, new = self.before_scored / self.before, self.recent_scored / self.recent
        pooled = (self.before_scored + self.recent_scored) / (self.before + self.recent)
        error = (pooled * (1 - pooled) * (1 / self.before + 1 / self.recent)) ** 0.5
        if abs(new - old) < max(CHANGED, CERTAIN * error):
            return ""
        return (
            f"The share of turns with a score changed from {old:.0%} to {new:.0%}: the mean may"
            " have moved because other turns are scored, not because answers got worse"
        )

    def to_state(self) -> list[float]:
        return [self.before, self.before_scored, self.recent, self.recent_scored]
