"""Repetition: share of repeated n-grams, and answers that end in a loop."""

from collections.abc import Sequence
from itertools import pairwise

LENGTH = 4  # words of an n-gram
LONGEST_PERIOD = 60  # words of a repeated piece
FEWEST_ROUNDS = 3  # of a piece before it is a loop
FEWEST_WORDS = 12  # of all rounds: "no, no, no" is none
LINES = 4  # equal lines in a row


def repetition(lower: Sequence[str]) -> float | None:
    """Share of repeated four-word sequences, in [0, 1].

    None under eight words. The measure of degeneration of Holtzman et al. 2020 (The Curious Case of
    Neural Text Degeneration) and Welleck et al. 2020 (rep-n: 1 - distinct / all n-grams).

    >>> from groundwire_evaluators.behaviour.repetition import repetition
    >>> repetition("one two three four five one two three four six".split())
    0.143
    """
    count = len(lower) - LENGTH + 1
    if count <= LENGTH:
        return None
    distinct = len(set(zip(*(lower[at:] for at in range(LENGTH)), strict=False)))
    return round(1 - distinct / count, 3)


def loops(lower: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether an answer ends in a loop, or repeats a line.

    A piece three times, of twelve words in all; a line four times in a row.

    >>> from groundwire_evaluators.behaviour.repetition import loops
    >>> loops(("it is so and it " * 3).split(), []), loops("so it is".split(), [])
    (True, False)
    """
    return _ends_in_period(lower) or _repeats_a_line(lines)


def _ends_in_period(lower: Sequence[str]) -> bool:
    """Whether the last words repeat with a period of at most `LONGEST_PERIOD`."""
    last = len(lower) - 1
    if len(lower) < FEWEST_WORDS or lower[-1] not in lower[-LONGEST_PERIOD - 1 : -1]:
        return False
    for period in range(1, min(LONGEST_PERIOD, len(lower) // FEWEST_ROUNDS) + 1):
        wanted = max(period * (FEWEST_ROUNDS - 1), FEWEST_WORDS - period)
        at = last
        while at >= period and last - at < wanted and lower[at] == lower[at - period]:
            at -= 1
        if last - at >= wanted:
            return True
    return False


def _repeats_a_line(lines: Sequence[str]) -> bool:
    same = 1
    for before, line in pairwise(lines):
        repeated = line.strip() == before.strip() and any(map(str.isalnum, line))
        same = same + 1 if repeated else 1
        if same >= LINES:
            return True
    return False
