"""Linear adaptation of a reader's outputs to labelled pairs of one application.

The reader's logits gain features × weights + bias, fitted by maximum likelihood with a ridge; the
model itself stays as it is. Features are the reader's second output where it has one (the states
below its head), else its logits.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = "adaptation.npz"
EITHER = 3  # label of a pair that is known to be unsupported, but not how
_STEPS, _RATE = 300, 0.05
Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Adaptation:
    """Weights (features, 3) and bias (3) that change a reader's logits.

    Features are divided by `scale`.
    """

    weights: Array
    bias: Array
    scale: Array

    def logits(self, logits: Array, features: Array) -> Array:
        """Adapted logits, shape (pairs, 3)."""
        return logits + features / self.scale @ self.weights + self.bias

    def save(self, folder: Path) -> None:
        """Write `adaptation.npz` into a reader's folder."""
        np.savez(folder / FILE, weights=self.weights, bias=self.bias, scale=self.scale)


def read_adaptation(folder: Path) -> Adaptation | None:
    """The adaptation in a reader's folder, if there is one.

    Raises:
        ValueError, KeyError, OSError: the file is none of an adaptation.
    """
    path = folder / FILE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as stored:
        return Adaptation(stored["weights"], stored["bias"], stored["scale"])


def fit_adaptation(logits: Array, features: Array, labels: Integers, ridge: float) -> Adaptation:
    """The adaptation with the least log loss plus `ridge` × mean squared weight.

    `labels` are columns of the logits, or `EITHER`. Price: linear in pairs × features, a second for
    a thousand pairs of 768 features.
    """
    scale = np.maximum(features.std(axis=0), 1e-6) * np.sqrt(features.shape[1])
    scaled = features / scale
    weights, bias = np.zeros((features.shape[1], 3)), np.zeros(3)
    speed, power = np.zeros((features.shape[1] + 1, 3)), np.zeros((features.shape[1] + 1, 3))
    for step in range(1, _STEPS + 1):
        error = _error(logits + scaled @ weights + bias, labels)
        slope = np.vstack([scaled.T @ error + ridge * weights, error.sum(axis=0)]) / len(labels)
        speed = 0.9 * speed + 0.1 * slope
        power = 0.99 * power + 0.01 * slope**2
        change = speed / (1 - 0.9**step) / (np.sqrt(power / (1 - 0.99**step)) + 1e-8)
        rate = _RATE * (1 - step / (_STEPS + 1))
        weights, bias = weights - rate * change[:-1], bias - rate * change[-1]
    return Adaptation(weights, bias, scale)


def log_loss(logits: Array, labels: Integers) -> float:
    """Mean of minus the log probability of the labels."""
    shares = _shares(logits)
    either = labels == EITHER
    known = shares[np.arange(len(labels)), np.where(either, 0, labels)]
    return float(-np.log(np.maximum(np.where(either, 1.0 - shares[:, 0], known), 1e-12)).mean())


def _error(logits: Array, labels: Integers) -> Array:
    """Gradient of the log loss of each pair by its logits."""
    shares = _shares(logits)
    wanted = np.zeros_like(shares)
    either = labels == EITHER
    wanted[np.arange(len(labels)), np.where(either, 0, labels)] = 1.0
    rest = shares[either].copy()
    rest[:, 0] = 0.0
    wanted[either] = rest / np.maximum(rest.sum(axis=1, keepdims=True), 1e-12)
    return shares - wanted


def _shares(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares
