"""The `observe` decorator; signatures are inspected once, at decoration."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, overload

from groundwire import wrappers
from groundwire.closed_book import ClosedBook
from groundwire.diagnostics import trouble, warn_once
from groundwire.observation import Spec
from groundwire.parameters import find_parameters, name_of
from groundwire.turns import tag_attributes

F = TypeVar("F", bound=Any)
Override = str | Callable[..., Any]


class Observe:
    """`@observe` marks the turn: question in, answer out.

    Works on plain, async, generator and async generator functions, methods, classmethods and
    staticmethods in either order, partials, callable objects, and functions that return a stream
    or a streaming response. The decorated callable behaves as before: same result, same
    exceptions, same signature.

    An `observe` inside a running turn is a step: timed, not judged; one with a `route` tells the
    turn's route when it returns something other than None or False.
    """

    @overload
    def __call__(self, function: F, /) -> F: ...
    @overload
    def __call__(
        self,
        *,
        name: str | None = None,
        question: Override | None = None,
        answer: Callable[[Any], Any] | None = None,
        route: str | None = None,
        model_version: str | None = None,
        prompt_version: str | None = None,
        prompt_name: str | None = None,
        index_version: str | None = None,
    ) -> Callable[[F], F]: ...

    def __call__(
        self,
        function: Any = None,
        *,
        name: str | None = None,
        question: Override | None = None,
        answer: Callable[[Any], Any] | None = None,
        route: str | None = None,
        model_version: str | None = None,
        prompt_version: str | None = None,
        prompt_name: str | None = None,
        index_version: str | None = None,
    ) -> Any:
        """Observe a turn.

        `question`: the parameter's name, or a function of the call's arguments. `answer`: a
        function of the result; for a stream, of each item.
        """
        tags = {
            "route": route,
            "model_version": model_version,
            "prompt_version": prompt_version,
            "prompt_name": prompt_name,
            "index_version": index_version,
        }
        return _decorate("turn", function, name=name, question=question, answer=answer, tags=tags)

    @overload
    def retrieval(self, function: F, /) -> F: ...
    @overload
    def retrieval(
        self,
        *,
        name: str | None = None,
        query: Override | None = None,
        chunks: Callable[[Any], Any] | None = None,
        index_version: str | None = None,
    ) -> Callable[[F], F]: ...

    def retrieval(
        self,
        function: Any = None,
        *,
        name: str | None = None,
        query: Override | None = None,
        chunks: Callable[[Any], Any] | None = None,
        index_version: str | None = None,
    ) -> Any:
        """Observe a retrieval: query in, chunks out, in any common shape.

        `query`: the parameter's name, or a function of the call's arguments. `chunks`: a function
        of the result that returns chunks in a common shape.
        """
        return _decorate(
            "retrieval",
            function,
            name=name,
            question=query,
            chunks=chunks,
            tags={"index_version": index_version},
        )

    @overload
    def generation(self, function: F, /) -> F: ...
    @overload
    def generation(
        self,
        *,
        name: str | None = None,
        question: Override | None = None,
        answer: Callable[[Any], Any] | None = None,
        model: str | None = None,
        closed_book: ClosedBook | None = None,
        model_version: str | None = None,
        prompt_version: str | None = None,
        prompt_name: str | None = None,
    ) -> Callable[[F], F]: ...

    def generation(
        self,
        function: Any = None,
        *,
        name: str | None = None,
        question: Override | None = None,
        answer: Callable[[Any], Any] | None = None,
        model: str | None = None,
        closed_book: ClosedBook | None = None,
        model_version: str | None = None,
        prompt_version: str | None = None,
        prompt_name: str | None = None,
    ) -> Any:
        """Observe a model call: question and chunks in; a text, a response or a stream out.

        `model`: the requested model, where no parameter and no response names it.
        `closed_book`: see `ClosedBook`.
        """
        return _decorate(
            "generation",
            function,
            name=name,
            question=question,
            answer=answer,
            model=model,
            closed_book=closed_book,
            tags={
                "model_version": model_version,
                "prompt_version": prompt_version,
                "prompt_name": prompt_name,
            },
        )


observe = Observe()


def _decorate(kind: str, function: Any, **options: Any) -> Any:
    if function is None:
        return functools.partial(_decorate, kind, **options)
    try:
        return _wrap(kind, function, options)
    except Exception as error:
        trouble(f"decorating {function!r:.80}", error)
        return function


def _wrap(kind: str, function: Any, options: dict[str, Any]) -> Any:
    if isinstance(function, classmethod | staticmethod):
        return type(function)(_wrap(kind, function.__func__, options))
    if isinstance(function, functools.partialmethod):
        inner = _wrap(kind, function.func, options)
        return functools.partialmethod(inner, *function.args, **function.keywords)
    if inspect.isclass(function) or not callable(function):
        warn_once(f"class:{function!r:.80}", "observe is for functions, not for %.80r", function)
        return function
    spec = _spec(kind, function, **options)
    return _wrapper_for(function)(function, spec)


def _spec(
    kind: str,
    function: Any,
    *,
    tags: dict[str, Any],
    name: str | None = None,
    question: Override | None = None,
    **options: Any,
) -> Spec:
    named = question if isinstance(question, str) else None
    return Spec(
        kind,
        name or name_of(function),
        find_parameters(function, named),
        tag_attributes(tags),
        question=question if callable(question) else None,
        **options,
    )


def _wrapper_for(function: Any) -> Callable[[Any, Spec], Any]:
    """The wrapper for this kind of callable; of an object, its `__call__` decides."""
    code = function
    while isinstance(code, functools.partial):
        code = code.func
    if not inspect.isroutine(code):
        code = type(code).__call__
    if inspect.isasyncgenfunction(code):
        return wrappers.async_generator
    if inspect.isgeneratorfunction(code):
        return wrappers.generator
    if inspect.iscoroutinefunction(code):
        return wrappers.coroutine
    return wrappers.plain
