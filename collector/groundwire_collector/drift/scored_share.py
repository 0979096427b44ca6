"""Share of scored turns, to detect selection effects."""

from dataclasses import dataclass

MEMORY = 500.0  # turns after which one counts for a third in the recent share
FEWEST = 100.0  # turns before a share is spoken of
CHANGED = 0.05  # of the turns
CERTAIN = 3.0  # standard errors


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
