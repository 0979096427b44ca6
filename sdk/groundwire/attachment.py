"""Attach an OpenTelemetry context and detach it, from any task."""

import contextlib
from contextvars import Token
from typing import Any

from opentelemetry import context as otel_context

attach = otel_context.attach


def detach(token: Any) -> None:
    """Undo `attach`; do nothing where that is impossible.

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
