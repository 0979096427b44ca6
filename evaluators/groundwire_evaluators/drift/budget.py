"""Alarm budget: allowed false alarms per period, and spending."""

import re
from dataclasses import dataclass
from typing import Self

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s+per\s+(\d+(?:\.\d+)?)?\s*([smhdw])\s*")


@dataclass(frozen=True, slots=True)
class AlarmBudget:
    """False alarms allowed per period: "1 per 30d", "0.5 per w".

    What is spent on a turn is its mass: the expected number of false alarms up to a time is at most
    the mass spent until then, over all streams that share the budget, however they depend.

    >>> from groundwire_evaluators.drift import AlarmBudget
    >>> budget = AlarmBudget.parse("1 per 30d")
    >>> budget.mass(seconds=3 * 86400, share=0.5)
    0.05
    """

    alarms: float
    seconds: float

    def __post_init__(self) -> None:
        if not (self.alarms > 0 and self.seconds > 0):
            raise ValueError("an alarm budget needs positive numbers, for example '1 per 30d'")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "NUMBER per [NUMBER]UNIT", where UNIT is s, m, h, d or w.

        Raises:
            ValueError: the text has another form, or a number is zero.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an alarm budget; write for example '1 per 30d'")
        alarms, count, unit = match.groups()
        return cls(float(alarms), float(count or 1) * SECONDS[unit])

    def mass(self, seconds: float, share: float = 1.0) -> float:
        """What a stream with this share of the budget may spend in this time."""
        return share * self.alarms * seconds / self.seconds

    def __str__(self) -> str:
        for unit in ("d", "h", "m", "s"):
            count = self.seconds / SECONDS[unit]
            if count >= 1:
                return f"{self.alarms:g} per {count:g}{unit}"
        return f"{self.alarms:g} per {self.seconds:g}s"
