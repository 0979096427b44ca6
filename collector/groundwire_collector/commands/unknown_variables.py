"""Warn about `GROUNDWIRE_*` variables that no part of Groundwire reads."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from groundwire_collector.settings import Settings
from groundwire_evaluators.reader.installed import VARIABLE as READER

PREFIX = "GROUNDWIRE_"
# Of the SDK, which a collector on the same machine does not read.
SDK = """
    service endpoint api_key model_version prompt_version index_version adapter release
    sample_rate redact content allow hash_key also_export max_text max_chunks max_queue_mb
    export_interval export_timeout exit_timeout disabled
""".split()
# Of the demo, and of the tests and benchmarks of the source tree.
_OTHERS = ("demo_llm", "demo_tuned_model", "data", "require")
KNOWN = {PREFIX + name.upper() for name in (*Settings.model_fields, *SDK, *_OTHERS)} | {READER}


def unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """One line for each unknown variable of the prefix, with the closest known name if any."""
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name.upper() not in KNOWN:
            close = get_close_matches(name.upper(), KNOWN, n=1, cutoff=0.85)
            hint = f"; did you mean {close[0]}?" if close else ""
            yield f"unknown setting {name} is ignored{hint}"
