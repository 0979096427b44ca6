"""SDK diagnostics: errors are logged once and counted, never raised."""

import logging
import threading

logger = logging.getLogger("groundwire")
_told: set[str] = set()
_lock = threading.Lock()
_errors = 0


def warn_once(key: str, message: str, *args: object) -> None:
    """Log `message` the first time `key` is seen in this process."""
    if key in _told:
        return
    _told.add(key)
    logger.warning("groundwire: " + message, *args)


def trouble(where: str, error: BaseException) -> None:
    """Count an error of the SDK itself; the log tells the first of each kind and place."""
    global _errors
    with _lock:
        _errors += 1
    try:
        said = str(error)
    except Exception:
        said = "?"
    warn_once(f"{where}:{type(error).__name__}", "%s: %s: %s", where, type(error).__name__, said)


def error_count() -> int:
    """Errors of the SDK itself since `reset`."""
    return _errors


def reset() -> None:
    """Forget what was told and counted (a new `gw.init`, a forked child)."""
    global _errors, _lock
    _lock = threading.Lock()
    _told.clear()
    _errors = 0
