"""State of one detector, numbered: a checkpoint writes only what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

_versions = count(1)


def new_version() -> int:
    """Number of a state that no other state in this process has had."""
    return next(_versions)


@dataclass(frozen=True, slots=True)
class DetectorState:
    """State of one detector, stored separately.

    `version` changes with each change of the state.
    """

    version: int
    statistic: float
    state: Callable[[], dict[str, Any]]
