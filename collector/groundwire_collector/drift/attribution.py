"""Attribution of a change to a segment and a deployment."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groundwire_collector.drift.dimensions import DEPLOYED, DIMENSIONS, WHOLE, Stream
from groundwire_collector.drift.losses import ROUTE, LossSums
from groundwire_evaluators.drift import Baseline, Change

Z = 1.645
SURE = 3.0  # standard errors
FEWEST = 10  # turns without which nothing is said of a segment


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """The growth of a segment's mean loss with a 90 % interval.

    `nats`: evidence that it grew, the log-likelihood ratio of its own mean to the baseline's, where
    losses count as 0 and 1 with the baseline's dispersion.
    """

    turns: float
    losses: float
    size: float
    low: float
    high: float
    nats: float

    @property
    def surely_grew(self) -> bool:
        """Growth by three standard errors, for repeated looks."""
        return self.size - SURE / Z * (self.size - self.low) > 0


def movements(
    since: Mapping[Stream, LossSums], old: Mapping[Stream, Baseline]
) -> dict[Stream, SegmentEffect]:
    """Effects of the streams that had turns since the change."""
    return {stream: effect(sums, old[stream]) for stream, sums in since.items() if sums.turns > 0}


def effect(sums: LossSums, old: Baseline) -> SegmentEffect:
    """Growth of the mean loss since a change, against a baseline."""
    known = float(old.variance_at(np.array([old.mean]))[0])
    # One imagined turn with the baseline's variance: few equal losses are not certainty.
    spread = max(sums.squares - sums.turns * sums.mean**2, 0.0) + known
    error = math.sqrt(spread / (sums.turns + 1) / sums.turns + known / old.n)
    error *= math.sqrt(old.dependence.inflation)
    size = sums.mean - old.mean
    # A baseline of n turns and d turns since the change tell as much as n d / (n + d) against a
    # mean that is known.
    independent = sums.turns * old.n / (sums.turns + old.n) / old.dependence.inflation
    nats = independent * _divergence(sums.mean, old) if size > 0 else 0.0
    return SegmentEffect(sums.turns, sums.losses, size, size - Z * error, size + Z * error, nats)


def _divergence(mean: float, old: Baseline) -> float:
    """Kullback-Leibler, nats a turn."""
    inside = min(max(mean, 1e-9), 1 - 1e-9)
    before = min(max(old.mean, 0.5 / old.n), 1 - 0.5 / old.n)
    bits = inside * math.log(inside / before)
    bits += (1 - inside) * math.log((1 - inside) / (1 - before))
    return max(bits, 0.0) / max(old.dispersion, 1e-3)


UNKNOWN_CAUSE = "unknown"

# How much more likely, beforehand, a change is in what was deployed, in nats.
COINCIDES = 2.0  # when it began
NEW = 1.5  # at another time since the baseline
CLEARLY = 1.0  # by how much a part of the traffic must explain the losses better than all of it
SAME_TURNS = 0.01  # a segment with all but this share of the turns is no part
CLEAR = 4.0  # by how much what is named must explain the losses better than other turns do
SHARED = 0.9  # of a segment's turns that a version must have served to be what it shares
OTHER_TURNS = 0.05  # segments that differ by this share of turns or losses are not the same turns


NOTHING = SegmentEffect(turns=0, losses=0, size=0, low=0, high=0, nats=0)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A value of a dimension, first seen or announced then."""

    dimension: str
    value: str
    at_ns: int
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Attribution:
    """Segment and deployment that explain a change.

    A dimension and its value, empty for the whole service; the deployment it coincides with, and
    what else was deployed then; the segments that did not move. `clear`: no segment of other turns
    explains the losses nearly as well.
    """

    dimension: str = ""
    value: str = ""
    cause: str = UNKNOWN_CAUSE
    deployment: Deployment | None = None
    also: tuple[Deployment, ...] = ()
    unmoved: tuple[Stream, ...] = ()
    clear: bool = True

    @property
    def stream(self) -> Stream:
        return (self.dimension, self.value)


def attribute(
    movements: Mapping[Stream, SegmentEffect],
    deployments: Sequence[Deployment],
    change: Change,
    noticed_ns: int,
    slack_ns: int = 0,
) -> Attribution:
    """Choose the segment to name by likelihood.

    Each segment is a hypothesis ("its turns got worse, the others did not"), the service is the
    hypothesis "all got worse alike"; deployments have a higher prior. `deployments` are those after
    the baseline was pinned; `slack_ns` is the time that some turns take.
    """
    fitting = [each for each in deployments if each.at_ns <= noticed_ns]
    earliest_ns = _earliest(change, noticed_ns, slack_ns)
    behind = [each for each in fitting if each.at_ns >= earliest_ns]
    scores = _scores(movements, fitting, behind)
    named = max(scores, key=lambda stream: scores[stream], default=WHOLE)
    named = _shared(movements, named, behind) or named
    own = next((each for each in behind if (each.dimension, each.value) == named), None)
    behind = [each for each in behind if each is own or each.at_ns <= change.interval[1]]
    new = {(each.dimension, each.value) for each in fitting}
    return Attribution(
        *named,
        cause=DEPLOYED.get(named[0], UNKNOWN_CAUSE) if named in new else UNKNOWN_CAUSE,
        deployment=own or max(behind, key=lambda each: each.at_ns, default=None),
        also=tuple(each for each in behind if each is not own),
        unmoved=_unmoved(movements, named),
        clear=_clear(scores, movements, named, deployed=own is not None),
    )


def _earliest(change: Change, noticed_ns: int, slack_ns: int) -> int:
    """When a deployment may coincide with a change: no longer before it began than it took to
    notice it, or than some turns take.

    When it began is an estimate, and a bad turn just before a bad deployment is enough to put it
    too early; whether it was the deployment is for the turns after it to say.
    """
    began_ns = change.interval[0]
    return began_ns - max(noticed_ns - began_ns, slack_ns)


def _scores(
    movements: Mapping[Stream, SegmentEffect],
    deployments: Sequence[Deployment],
    behind: Sequence[Deployment],
) -> dict[Stream, float]:
    whole = movements.get(WHOLE, NOTHING)
    likely = {
        (each.dimension, each.value): COINCIDES if each in behind else NEW for each in deployments
    }
    # While the whole service has an alarm of its own, only parts of it are left to be named.
    alone = WHOLE not in movements
    scores = {} if alone else {WHOLE: whole.nats + CLEARLY}
    for stream, moved in movements.items():
        part = alone or moved.turns < (1 - SAME_TURNS) * whole.turns
        if stream[0] in DIMENSIONS and (part or stream in likely):
            scores[stream] = moved.nats + likely.get(stream, 0.0)
    for stream, nats in likely.items():
        if not any(
            dimension == stream[0] for dimension, _ in movements
        ):  # announced, no tag of any turn
            scores[stream] = whole.nats + nats
    return scores


def _shared(
    movements: Mapping[Stream, SegmentEffect], named: Stream, behind: Sequence[Deployment]
) -> Stream | None:
    """The rolled-out version that several degraded segments share, if there is one.

    A new model that is worse at some tasks shows most in the worst task, yet the model is the
    cause. None where the version's own turns are no worse, or where most other tenants clearly did
    not change: a model does not depend on the tenant.
    """
    if named == WHOLE or named[0] in DEPLOYED:
        return None
    if named[0] != ROUTE and _others_unmoved(movements, named):
        return None
    candidates = [
        (each.dimension, each.value)
        for each in behind
        if (moved := movements.get((each.dimension, each.value))) is not None
        and moved.low > 0
        and moved.turns >= SHARED * movements[named].turns
    ]
    return max(candidates, key=lambda stream: movements[stream].nats, default=None)


def _others_unmoved(movements: Mapping[Stream, SegmentEffect], named: Stream) -> bool:
    """Whether most turns of the other values clearly grew by less than half as much."""
    others = [
        each
        for stream, each in movements.items()
        if stream[0] == named[0] and stream != named and each.turns >= FEWEST
    ]
    still = sum(each.turns for each in others if each.high < movements[named].size / 2)
    return still >= sum(each.turns for each in others) / 2


def _clear(
    scores: Mapping[Stream, float],
    movements: Mapping[Stream, SegmentEffect],
    named: Stream,
    *,
    deployed: bool,
) -> bool:
    """Whether nothing else explains the losses nearly as well.

    That a deployment's own turns are nearly all there are since the change speaks for it, so the
    whole service, and what all of its turns carry, is then no rival.
    """
    whole = movements.get(WHOLE, NOTHING)
    own = movements.get(named, whole)
    rivals = (stream for stream in scores if stream in movements and stream != named)
    return all(
        scores[named] - scores[stream] >= CLEAR or _same_turns(movements[stream], own)
        for stream in rivals
        if not (deployed and _same_turns(movements[stream], whole))
    )


def _same_turns(one: SegmentEffect, other: SegmentEffect) -> bool:
    def near(a: float, b: float) -> bool:
        return abs(a - b) <= OTHER_TURNS * max(a, b)

    return near(one.turns, other.turns) and near(one.losses, other.losses)


def _unmoved(movements: Mapping[Stream, SegmentEffect], named: Stream) -> tuple[Stream, ...]:
    """Segments that quite surely grew by less than half of the named change."""
    moved = movements.get(named) or movements.get(WHOLE)
    if moved is None:
        return ()
    return tuple(
        stream
        for stream, each in movements.items()
        if stream[0] in DIMENSIONS and each.turns >= FEWEST and each.high < moved.size / 2
    )
