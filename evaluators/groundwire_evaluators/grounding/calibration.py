"""Calibration of p_unsupported for a deployment, from turns or labels."""

import hashlib
import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST_LABELS = 30
_FOLDS = _GROUPS = 5
_LIMIT = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """p → logistic(slope · logit(p) + shift). The default changes nothing."""

    slope: float = 1.0
    shift: float = 0.0
    version: str = ""

    def apply(self, p: float) -> float:
        if not self.version:
            return p
        return logistic(self.slope * _logit(p) + self.shift)

    def dump(self) -> str:
        """As JSON."""
        return json.dumps({"slope": self.slope, "shift": self.shift})

    @classmethod
    def load(cls, text: str) -> "Calibration":
        """From `dump`; raises ValueError for anything else."""
        try:
            values = json.loads(text)
            slope, shift = float(values["slope"]), float(values["shift"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError('not a calibration: {"slope": number, "shift": number}') from error
        if not (math.isfinite(slope) and math.isfinite(shift) and slope > 0):
            raise ValueError("a calibration has a finite shift and a finite slope above 0")
        return _named(slope, shift)


UNCALIBRATED = Calibration()


def from_labels(p: Sequence[float], unsupported: Sequence[bool]) -> Calibration:
    """Platt's two parameters from labelled answers (at least 30, with both labels among them).

    Newton's method on the regularised likelihood with Platt's smoothed targets (Platt 1999).
    """
    if len(p) < FEWEST_LABELS or all(unsupported) or not any(unsupported):
        raise ValueError(f"calibration needs {FEWEST_LABELS} labels, with both kinds among them")
    positives = sum(unsupported)
    high = (positives + 1) / (positives + 2)
    low = 1 / (len(p) - positives + 2)
    xs = [_logit(value) for value in p]
    ts = [high if label else low for label in unsupported]
    slope, shift = 1.0, 0.0
    for _ in range(100):
        slope, shift, moved = _newton(xs, ts, slope, shift)
        if moved < 1e-9:
            break
    return _named(max(slope, 0.05), shift)


@dataclass(frozen=True, slots=True)
class FittedShift:
    """Fitted shift of the logit: standard error, calibration error before and after.

    Errors are gaps between mean probability and share, averaged over five equal groups of the
    labelled answers; `after` is cross-fitted: no answer is measured by a shift fitted on it.
    """

    calibration: Calibration
    labels: int
    standard_error: float
    before: float
    after: float


def fit_shift(p: Sequence[float], unsupported: Sequence[bool]) -> FittedShift:
    """The shift of the logit under which the mean probability is the share of unsupported answers.

    One parameter, as labels are few; needs at least 30 of answers drawn as they come. A prior of
    one answer of either kind keeps it finite. Raises ValueError with fewer.
    """
    if len(p) < FEWEST_LABELS:
        raise ValueError(f"calibration needs {FEWEST_LABELS} labels, there are {len(p)}")
    xs = [_logit(value) for value in p]
    ys = [float(label) for label in unsupported]
    shift = _shift(xs, ys)
    q = [logistic(x + shift) for x in xs]
    information = math.fsum(value * (1 - value) for value in q)
    return FittedShift(
        calibration=_named(1.0, shift),
        labels=len(p),
        standard_error=1 / math.sqrt(max(information, _LIMIT)),
        before=_calibration_gap(p, ys),
        after=_calibration_gap(_cross_fitted(xs, ys), ys),
    )


def _shift(xs: Sequence[float], ys: Sequence[float]) -> float:
    """By bisection: the mean grows with the shift."""
    wanted = (math.fsum(ys) + 1) / (len(ys) + 2)
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = math.fsum(logistic(x + middle) for x in xs) / len(xs)
        low, high = (middle, high) if mean < wanted else (low, middle)
    return low


def _cross_fitted(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    found = [0.0] * len(xs)
    for fold in range(_FOLDS):
        rest = [at for at in range(len(xs)) if at % _FOLDS != fold]
        shift = _shift([xs[at] for at in rest], [ys[at] for at in rest])
        for at in range(fold, len(xs), _FOLDS):
            found[at] = logistic(xs[at] + shift)
    return found


def _calibration_gap(p: Sequence[float], ys: Sequence[float]) -> float:
    ordered = sorted(range(len(p)), key=lambda at: p[at])
    groups = [
        ordered[at * len(p) // _GROUPS : (at + 1) * len(p) // _GROUPS] for at in range(_GROUPS)
    ]
    gaps = [abs(math.fsum(p[at] - ys[at] for at in group)) for group in groups]
    return math.fsum(gaps) / len(p)


def _newton(
    xs: Sequence[float], ts: Sequence[float], slope: float, shift: float
) -> tuple[float, float, float]:
    ridge = 1e-3
    ga, gb = ridge * (slope - 1.0), 0.0
    haa, hab, hbb = ridge, 0.0, 1e-9
    for x, t in zip(xs, ts, strict=True):
        q = logistic(slope * x + shift)
        w = max(q * (1 - q), 1e-9)
        ga += (q - t) * x
        gb += q - t
        haa += w * x * x
        hab += w * x
        hbb += w
    det = haa * hbb - hab * hab
    da, db = (hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det
    step = min(1.0, 2.0 / (abs(da) + abs(db) + 1e-12))
    return slope - step * da, shift - step * db, step * (abs(da) + abs(db))


def from_rate(p: Sequence[float], rate: float) -> float:
    """The flag threshold that flags a share `rate` of these answers (an app's own first turns)."""
    if not 0 < rate < 1:
        raise ValueError("a flag rate lies between 0 and 1")
    ordered = sorted(p)
    if not ordered:
        return 0.5
    at = min(len(ordered) - 1, math.floor((1 - rate) * len(ordered)))
    threshold = ordered[at]
    # Ties at the threshold would all be flagged: go above them where that comes closer to the rate.
    flagged = len(ordered) - bisect_left(ordered, threshold)
    above = next((value for value in ordered[at:] if value > threshold), math.nextafter(1.0, 2.0))
    fewer = len(ordered) - bisect_left(ordered, above)
    wanted = rate * len(ordered)
    return threshold if abs(flagged - wanted) <= abs(fewer - wanted) else above


def _logit(p: float) -> float:
    p = min(max(p, _LIMIT), 1 - _LIMIT)
    return math.log(p / (1 - p))


def _named(slope: float, shift: float) -> Calibration:
    digest = hashlib.sha256(f"{slope:.9g} {shift:.9g}".encode()).hexdigest()[:6]
    return Calibration(slope, shift, digest)


def logistic(logit: float) -> float:
    """1 / (1 + exp(-logit)), without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + math.exp(-logit))
    return math.exp(logit) / (1.0 + math.exp(logit))
