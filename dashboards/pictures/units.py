"""Formatting of numbers in Grafana units."""

from datetime import UTC, datetime
from math import floor, log10

_SECONDS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
_SHORT = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_PER_SECOND = {"reqps": "/s", "cps": "/s"}


def shown(value: float, unit: str) -> str:
    """A value in its unit, three digits of it."""
    if value != value:
        return "no data"
    if unit == "percentunit":
        return f"{_digits(value * 100)} %"
    if unit == "dateTimeAsIso":
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    if unit == "s":
        return _scaled(value, _SECONDS, "s")
    if unit == "bytes":
        return _scaled(value, _BYTES, "B")
    return f"{_scaled(value, _SHORT, '')}{_PER_SECOND.get(unit, '')}".strip()


def _scaled(value: float, steps: tuple[tuple[float, str], ...], rest: str) -> str:
    for size, name in steps:
        if abs(value) >= size:
            return f"{_digits(value / size)} {name}".strip()
    return f"{_digits(value)} {rest}".strip()


def _digits(value: float) -> str:
    if value == 0 or value != value:
        return "0"
    decimals = max(0, 2 - floor(log10(abs(value))))
    text = f"{value:.{min(decimals, 4)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def ticks(low: float, high: float, number: int = 4) -> list[float]:
    """Round values from `low` to `high`."""
    span = high - low or 1.0
    rough = span / number
    size = 10.0 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough)
    slack = 1e-9 * span
    values = (step * (floor(low / step) + i) for i in range(int(span / step) + 3))
    return [value for value in values if low - slack <= value <= high + slack]
