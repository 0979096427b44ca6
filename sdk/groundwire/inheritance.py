"""Options of `gw.init` in spawned children of multiprocessing.

A child that is spawned, or comes from a forkserver, imports the main module anew, without what
stands under `if __name__ == "__main__"`. The configuration of the process object goes to it
through multiprocessing's own pipe: neither an argument nor the environment holds a key.
"""

import pickle
import sys
from collections.abc import Mapping
from typing import Any

from groundwire.attributes import REDACTED
from groundwire.diagnostics import trouble, warn_once

_NAME = "groundwire"


def bequeath(options: Mapping[str, Any]) -> None:
    """Leave the options to processes that are started from now on; never raises."""
    try:
        _configuration()[_NAME] = {
            name: packed
            for name, value in options.items()
            if value is not None and (packed := _packed(name, value)) is not None
        }
    except Exception as error:
        trouble("inheritance", error)


def inherited() -> dict[str, Any] | None:
    """Options passed by the parent process; None if there are none."""
    if "multiprocessing.process" not in sys.modules:
        return None
    try:
        options = _configuration().get(_NAME)
        return options and {name: _unpacked(name, packed) for name, packed in options.items()}
    except Exception as error:
        trouble("inheritance", error)
        return None


def _configuration() -> dict[str, Any]:
    # Each process object starts with a copy of its creator's: so the authentication key travels.
    from multiprocessing.process import current_process

    return current_process()._config  # type: ignore[attr-defined,no-any-return]


def _packed(name: str, value: Any) -> bytes | None:
    """Bytes, so that a function which cannot be pickled never stops the app's own process."""
    try:
        return pickle.dumps(value)
    except Exception:
        return b"" if name == "redact" else None


def _unpacked(name: str, packed: bytes) -> Any:
    try:
        return pickle.loads(packed)
    except Exception as error:
        if name != "redact":
            raise
        warn_once(
            "redact",
            "the redactor of the parent is not a function of a module (%s): no text is sent",
            type(error).__name__,
        )
        return _nothing


def _nothing(_: str) -> str:
    """In the place of a redactor that could not be handed on."""
    return REDACTED
