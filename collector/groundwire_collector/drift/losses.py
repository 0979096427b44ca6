"""Losses of turns: one observation, and sums since a time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROUTE = "route"  # the dimension that every turn has


@dataclass(frozen=True, slots=True)
class LossObservation:
    """One loss in [0, 1] of one turn.

    `tags` maps each dimension to the turn's value on it. `session` is empty where there is none.
    `relevance` in [0, 1] says how well its chunks fit the question, where that was judged.
    `reason`: why it has no score, where the loss says that.
    """

    loss: float
    at_ns: int
    tags: Mapping[str, str] = field(default_factory=dict)
    route: str = ""
    session: str = ""
    question: str = ""
    relevance: float | None = None
    flagged: bool | None = None  # None: the evaluator flags nothing
    reason: str = ""

    def tag(self, dimension: str) -> str:
        """The turn's value on a dimension; empty where it has none."""
        return self.route if dimension == ROUTE else self.tags.get(dimension, "")


@dataclass(frozen=True, slots=True)
class LossSums:
    """Turns since some time: how many, their losses, the squares of these.

    Where there are strata a loss counts as far above the mean of all as it was above that of its
    own stratum.
    """

    turns: float
    losses: float
    squares: float

    @property
    def mean(self) -> float:
        return self.losses / self.turns if self.turns else 0.0

    @property
    def bad_turns(self) -> float:
        """The number of equal losses that would spread as these do: of 0 and 1, the ones."""
        return self.losses**2 / self.squares if self.squares > 0 else 0.0

    def __sub__(self, part: "LossSums") -> "LossSums":
        return LossSums(
            max(self.turns - part.turns, 0.0),
            max(self.losses - part.losses, 0.0),
            max(self.squares - part.squares, 0.0),
        )
