"""Time range of a page: presets or two times, in its address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time_ns
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from groundwire_collector.web.times import NANOSECONDS, parse_nanoseconds

PRESETS = {"1h": 3600, "24h": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400}  # seconds
NAMES = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "all": "All"}
CUSTOM, ALL = "custom", "all"


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Times between which turns began; None: unbounded.

    `problem`: why the address was not understood.
    """

    preset: str = ALL
    since_ns: int | None = None
    until_ns: int | None = None
    since: str = ""
    until: str = ""
    problem: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], now_ns: int) -> "TimeRange":
        """Range of an address: `range` names a preset, or `since` and `until`."""
        since, until = query.get("since", ""), query.get("until", "")
        preset = query.get("range", "")
        if since or until:
            return _custom(since, until)
        if preset in PRESETS:
            return cls(preset, now_ns - PRESETS[preset] * NANOSECONDS)
        known = preset in {"", ALL, CUSTOM}
        return cls(problem="" if known else f"There is no time range “{preset[:40]}”.")

    @property
    def query(self) -> dict[str, str]:
        """Parameters that keep the range in an address; empty: all."""
        if self.preset == CUSTOM:
            times = {"since": self.since, "until": self.until}
            return {name: value for name, value in times.items() if value}
        return {"range": self.preset} if self.preset in PRESETS else {}

    @property
    def title(self) -> str:
        """The range in words."""
        if self.preset in PRESETS:
            return f"last {NAMES[self.preset]}"
        parts = [
            f"{word} {_words(moment)}"
            for word, moment in (("since", self.since_ns), ("until", self.until_ns))
            if moment is not None
        ]
        return " ".join(parts) or "all stored turns"

    def field(self, moment_ns: int | None) -> str:
        """Value of a `datetime-local` field, in UTC."""
        if moment_ns is None:
            return ""
        moment = datetime.fromtimestamp(moment_ns // NANOSECONDS, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _custom(since: str, until: str) -> TimeRange:
    try:
        since_ns, until_ns = parse_nanoseconds(since), parse_nanoseconds(until)
    except HTTPException as error:
        return TimeRange(problem=str(error.detail))
    problem = ""
    if since_ns is not None and until_ns is not None and since_ns >= until_ns:
        problem = "The time range ends before it begins."
    return TimeRange(CUSTOM, since_ns, until_ns, since, until, problem)


def _words(moment_ns: int) -> str:
    return datetime.fromtimestamp(moment_ns // NANOSECONDS, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _range_of(request: Request) -> TimeRange:
    return TimeRange.of(request.query_params, time_ns())


Range = Annotated[TimeRange, Depends(_range_of)]
