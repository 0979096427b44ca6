"""Entering a context and leaving it again, wherever the leaving happens."""

import contextlib
from contextvars import Token
from typing import Any

from opentelemetry import context as otel_context

enter = otel_context.attach


def leave(token: Any) -> None:
    """Undo `enter`, silently where it cannot be undone.

    A coroutine or generator may be closed in another task than it began in; its token is then
    foreign and there is nothing to restore. `otel_context.detach` would log an error each time
    (opentelemetry-python#2606).
    """
    if token is None:
        return
    if isinstance(token, Token):
        with contextlib.suppress(ValueError, RuntimeError):
            token.var.reset(token)
    else:
        otel_context.detach(token)
