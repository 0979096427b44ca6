"""Overlapping windows for texts longer than a model's input."""

from collections.abc import Sequence

OVERLAP = 8  # a window begins this share (1 / OVERLAP) of its length before the last one ends


def windows(tokens: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """(start, end) of overlapping windows of at most `length` tokens.

    `tokens` are the (start, end) of its tokens. Neighbours share an eighth, so that what stands on
    a border stands whole in one of them. Raises ValueError where no token fits.
    """
    if length < 1:
        raise ValueError("the window has no room for a token")
    step = max(1, length - length // OVERLAP)
    found = []
    for first in range(0, len(tokens), step):
        last = min(first + length, len(tokens)) - 1
        found.append((tokens[first][0], tokens[last][1]))
        if last == len(tokens) - 1:
            break
    return found
