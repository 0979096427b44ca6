"""Budget of reading time on live traffic: bounds the worker's lag."""

import time
from collections.abc import Callable

SECONDS_A_TURN = 0.04  # sustained: with some 8 ms by words, 20 turns a second
MOST_SAVED = 30.0  # s that reading may take beyond it, all turns together
_PAUSE = 0.25  # s without turns from which the worker is idle


class ReadingBudget:
    """Seconds that reading may take on live traffic.

    They are saved up by each turn and while idle, and spent by reading. A backlog of any length is
    delayed by at most `most_saved` seconds more than `seconds_a_turn` each. Turns beyond the budget
    are not read. Not thread-safe.
    """

    def __init__(
        self,
        seconds_a_turn: float = SECONDS_A_TURN,
        most_saved: float = MOST_SAVED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds_a_turn = seconds_a_turn
        self._most_saved = most_saved
        self._clock = clock
        self._left = most_saved
        self._last = clock()

    def admits(self, turns: int) -> bool:
        """Whether these turns may be read; adds their share and a pause before them."""
        pause = self._clock() - self._last
        saved = self.seconds_a_turn * turns + (pause if pause >= _PAUSE else 0.0)
        self._left = min(self._most_saved, self._left + saved)
        self._last = self._clock()
        return self._left > 0.0

    def spend(self, seconds: float) -> None:
        """Take off what reading took."""
        self._left -= seconds
        self._last = self._clock()
