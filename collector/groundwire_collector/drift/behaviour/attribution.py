"""Attribution of a behaviour change to the version whose turns carry it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.drift.attribution import FEWEST, UNKNOWN_CAUSE
from groundwire_collector.drift.dimensions import DEPLOYED, WHOLE, Stream
from groundwire_evaluators.drift.margin import ChangeDirection

NEW_NS = 24 * 3600 * 10**9  # a version first seen so long before the onset may be its cause


@dataclass(frozen=True, slots=True)
class ObservedLoss:
    """Loss of one turn since the change, with its tags."""

    loss: float
    tags: Mapping[str, str]


def carried_by(
    turns: Iterable[ObservedLoss],
    old_mean: float,
    margin: float,
    direction: ChangeDirection,
    deployed: Sequence[Stream] = (),
) -> Stream:
    """Segment that a change is due to, else the service.

    A value of a dimension is named where its turns moved beyond the margin and no other value's
    did; or where it is a version deployed about then and all turns have it.
    """
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for turn in turns:
        for dimension, value in turn.tags.items():
            groups[dimension][value].append(turn.loss)
    for dimension, values in groups.items():
        moved = {
            value: _moved(losses, old_mean, direction) > margin
            for value, losses in values.items()
            if len(losses) >= FEWEST
        }
        named = [value for value, far in moved.items() if far]
        if len(named) == 1 and (len(moved) > 1 or (dimension, named[0]) in deployed):
            return (dimension, named[0])
    return WHOLE


def cause_of(stream: Stream) -> str:
    """Kind of deployment that a segment stands for."""
    return DEPLOYED.get(stream[0], UNKNOWN_CAUSE)


def _moved(losses: Sequence[float], old_mean: float, direction: ChangeDirection) -> float:
    change = sum(losses) / len(losses) - old_mean
    return change if direction is ChangeDirection.UP else -change
