"""Numbers of states of detectors: a checkpoint writes only what changed."""

from itertools import count

_versions = count(1)


def new_version() -> int:
    """Number of a state that no other state in this process has had."""
    return next(_versions)
