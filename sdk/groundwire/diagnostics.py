"""SDK diagnostics: errors are logged once and counted, never raised."""

import logging
import threading

logger = logging.getLogger("groundwire")
_warned: set[str] = set()
_lock = threading.Lock()
_errors = 0


def warn_once(key: str, message: str, *args: object) -> None:
    """Log `message` the first time `key` is seen in this process."""
    if key in _warned:
        return
    _warned.add(key)
    logger.warning("groundwire: " + message, *args)


def trouble(where: str, error: BaseException) -> None:
    """Count an internal error of the SDK; logs the first of each kind and location."""
    global _errors
    with _lock:
        _errors += 1
    try:
        message = str(error)
    except Exception:
        message = "?"
    warn_once(f"{where}:{type(error).__name__}", "%s: %s: %s", where, type(error).__name__, message)


def error_count() -> int:
    """Errors of the SDK itself since `reset`."""
    return _errors


def reset() -> None:
    """Forget logged warnings and counts (a new `gw.init`, a forked child)."""
    global _errors, _lock
    _lock = threading.Lock()
    _warned.clear()
    _errors = 0
