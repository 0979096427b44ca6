"""What an alarm names as changed: the newest value of an axis that the change can be due to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.storage.drift import AxisValue

AXES = ("model_version", "prompt_version", "index_version")
CAUSES = {"model_version": "model", "prompt_version": "prompt", "index_version": "index"}
UNKNOWN_CAUSE = "unknown"
CLEARLY_MORE = 10.0  # an order of magnitude of evidence: a segment that is the service has as much


@dataclass(frozen=True, slots=True)
class Attribution:
    """An axis and its value, and the kind of thing that changed; empty where none is named."""

    axis: str = ""
    value: str = ""
    cause: str = UNKNOWN_CAUSE


def attribute(
    values: Sequence[AxisValue],
    evidence: Mapping[tuple[str, str], float],
    pinned_ns: int,
    changed_until_ns: int,
) -> Attribution:
    """Name the value that appeared last before the change could have ended.

    A deployment after the baseline and no later than the change is the first suspect; of several
    at the same moment, the one with most evidence. Without a deployment the segment is named whose
    evidence is far beyond that of its service as a whole. `evidence` maps (axis, value) to each
    detector's statistic per unit of the budget it was given; ("", "") is the whole service.
    """
    new = [v for v in values if pinned_ns < v.first_seen_ns <= changed_until_ns]
    if new:
        suspect = max(new, key=lambda v: (v.first_seen_ns, evidence.get((v.axis, v.value), 0.0)))
        return Attribution(suspect.axis, suspect.value, CAUSES[suspect.axis])
    segments = {key: value for key, value in evidence.items() if key[0]}
    worst = max(segments, key=segments.__getitem__, default=("", ""))
    if segments.get(worst, 0.0) > CLEARLY_MORE * evidence.get(("", ""), 0.0):
        return Attribution(*worst)
    return Attribution()
