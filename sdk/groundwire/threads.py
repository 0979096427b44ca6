"""Carrying the running turn into threads."""

import contextvars
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def copy_context(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as it would run here, in whatever thread it is called.

    `asyncio.to_thread` and tasks carry the context by themselves; executors and threads do not:

        executor.submit(gw.copy_context(search), question)
        list(executor.map(gw.copy_context(search), questions))
        loop.run_in_executor(None, gw.copy_context(search), question)

    The function may run in several threads at once.
    """
    context = contextvars.copy_context()

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        # A copy for each call: one Context object cannot be entered twice at a time.
        return context.copy().run(function, *args, **kwargs)

    return run
