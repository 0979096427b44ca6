"""Times on the command line: RFC 3339, or how long ago."""

import re
from datetime import datetime
from time import time_ns

from groundwire_collector.errors import UsageError
from groundwire_collector.web.times import nanoseconds

_AGO = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
METAVAR = "TIME"
HELP = "RFC 3339, or how long ago: 90m, 36h, 7d."


def moment_ns(text: str | None, option: str) -> int | None:
    """Nanoseconds since the epoch of an option's value; None where it is left out.

    Raises:
        UsageError: it is no time.
    """
    if text is None:
        return None
    if found := _AGO.fullmatch(text):
        return time_ns() - int(found[1]) * _SECONDS[found[2]] * 10**9
    try:
        return nanoseconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option}: {text!r:.40} is not a time ({HELP})") from error
