"""Warn about `GROUNDWIRE_*` variables that no part of Groundwire reads."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches

from groundwire.settings import SdkSettings
from groundwire_collector.settings import Settings
from groundwire_evaluators.reader.installed import VARIABLE as READER

PREFIX = "GROUNDWIRE_"
_FIELDS = (*Settings.model_fields, *(each.name for each in fields(SdkSettings)))
# Read by the evaluators, by the demo, and by the tests and benchmarks of the source tree.
_OTHERS = (READER, *(PREFIX + name for name in ("DEMO_LLM", "DEMO_TUNED_MODEL", "DATA", "REQUIRE")))
KNOWN = frozenset(PREFIX + name.upper() for name in _FIELDS).union(_OTHERS)


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """One line for each unknown variable of the prefix, with the closest known name if any."""
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in KNOWN:
            close = get_close_matches(name.upper(), KNOWN, n=1, cutoff=0.85)
            hint = f"; did you mean {close[0]}?" if close else ""
            yield f"unknown setting {name} is ignored{hint}"
