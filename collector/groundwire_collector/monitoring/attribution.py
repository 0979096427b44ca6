"""What an alarm names: the segment that explains the losses best, and the deployment behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.monitoring.allowance import WHOLE, Stream
from groundwire_collector.monitoring.moved import FEWEST, Movement

AXES = ("model_version", "prompt_version", "index_version", "route", "tenant")
EVALUATOR_AXIS = "evaluator_revision"  # announced only
DEPLOYED = {
    "model_version": "model",
    "prompt_version": "prompt",
    "index_version": "index",
    EVALUATOR_AXIS: "evaluator",
}
UNKNOWN_CAUSE = "unknown"

# How much more likely, beforehand, a change is in what was deployed, in nats.
COINCIDES = 2.0  # when it began
NEW = 1.0  # before that, but after the baseline
CLEARLY = 1.0  # by how much a part of the traffic must explain the losses better than all of it
SAME_TURNS = 0.01  # a segment with all but this share of the turns is no part
CLEAR = 4.0  # by how much what is named must explain the losses better than other turns do
OTHER_TURNS = 0.05  # two segments whose numbers of turns differ by this share are not the same


@dataclass(frozen=True, slots=True)
class Deployment:
    """A value of an axis that appeared, or was announced, at this time."""

    axis: str
    value: str
    at_ns: int
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """When the change began, as far as one knows, and when it was noticed."""

    from_ns: int
    until_ns: int
    noticed_ns: int

    def coincides(self, deployment: Deployment) -> bool:
        """Not after the change, and no longer before it than it took to notice it."""
        earliest = self.from_ns - (self.noticed_ns - self.from_ns)
        return earliest <= deployment.at_ns <= self.until_ns


@dataclass(frozen=True, slots=True)
class Attribution:
    """An axis and its value, empty for the whole service; the deployment it coincides with, and
    what else was deployed then; the segments that did not move. `clear`: no segment of other turns
    explains the losses nearly as well."""

    axis: str = ""
    value: str = ""
    cause: str = UNKNOWN_CAUSE
    deployment: Deployment | None = None
    also: tuple[Deployment, ...] = ()
    unmoved: tuple[Stream, ...] = ()
    clear: bool = True


def attribute(
    movements: Mapping[Stream, Movement], deployments: Sequence[Deployment], change: Change
) -> Attribution:
    """The segment whose turns carry the evidence.

    Each segment stands for "its turns got worse, the others did not", the whole service for "all
    did alike", and the likelihoods of these are compared; a deployment counts as beforehand more
    likely. `deployments` are those after the baseline was pinned.
    """
    fitting = [each for each in deployments if each.at_ns <= change.until_ns]
    scores = _scores(movements, fitting, change)
    named = max(scores, key=lambda stream: scores[stream], default=WHOLE)
    behind = [each for each in fitting if change.coincides(each)]
    new = {(each.axis, each.value) for each in fitting}
    own = next((each for each in behind if (each.axis, each.value) == named), None)
    return Attribution(
        *named,
        cause=DEPLOYED.get(named[0], UNKNOWN_CAUSE) if named in new else UNKNOWN_CAUSE,
        deployment=own or max(behind, key=lambda each: each.at_ns, default=None),
        also=tuple(each for each in behind if each is not own),
        unmoved=_unmoved(movements, named),
        clear=_clear(scores, movements, named),
    )


def _scores(
    movements: Mapping[Stream, Movement], deployments: Sequence[Deployment], change: Change
) -> dict[Stream, float]:
    whole = movements.get(WHOLE, Movement(0, 0, 0, 0, 0))
    likely = {
        (each.axis, each.value): COINCIDES if change.coincides(each) else NEW
        for each in deployments
    }
    scores = {WHOLE: whole.nats + CLEARLY}
    for stream, moved in movements.items():
        part = moved.turns < (1 - SAME_TURNS) * whole.turns
        if stream[0] in AXES and (part or stream in likely):
            scores[stream] = moved.nats + likely.get(stream, 0.0)
    for stream, nats in likely.items():
        if not any(axis == stream[0] for axis, _ in movements):  # announced, no tag of any turn
            scores[stream] = whole.nats + nats
    return scores


def _clear(
    scores: Mapping[Stream, float], movements: Mapping[Stream, Movement], named: Stream
) -> bool:
    own = movements.get(named) or movements.get(WHOLE)
    if own is None:
        return True
    return all(
        scores[named] - score >= CLEAR
        for stream, score in scores.items()
        if (other := movements.get(stream)) is not None
        and abs(other.turns - own.turns) > OTHER_TURNS * max(other.turns, own.turns)
    )


def _unmoved(movements: Mapping[Stream, Movement], named: Stream) -> tuple[Stream, ...]:
    """Segments of which it is fairly sure that they grew by less than half of what is named."""
    moved = movements.get(named) or movements.get(WHOLE)
    if moved is None:
        return ()
    return tuple(
        stream
        for stream, each in movements.items()
        if stream[0] in AXES and each.turns >= FEWEST and each.high < moved.size / 2
    )
