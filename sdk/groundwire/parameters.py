"""Positions of question, chunks, model and top-k among a function's arguments.

Found once, at decoration; a call only looks them up.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

QUESTION = (
    "question",
    "query",
    "user_question",
    "user_query",
    "query_str",
    "search_query",
    "query_text",
    "q",
    "prompt",
    "user_input",
    "user_message",
    "message",
    "messages",
    "input",
    "text",
    "content",
    "contents",
)
CHUNKS = ("chunks", "contexts", "context", "documents", "docs", "passages", "nodes", "sources")
MODEL = ("model", "model_name", "model_id")
TOP_K = ("top_k", "k", "topk", "n_results", "similarity_top_k", "limit")
_FILLED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class ParameterSpec(NamedTuple):
    """One parameter: its place (None: by keyword only), name and default."""

    position: int | None
    name: str
    default: Any

    def of(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The value of this parameter in one call."""
        position = self.position
        if position is not None and len(args) > position:
            return args[position]
        return kwargs.get(self.name, self.default)


class Parameters(NamedTuple):
    """The parameters that telemetry reads; `questions` in order of preference."""

    questions: tuple[ParameterSpec, ...] = ()
    chunks: ParameterSpec | None = None
    model: ParameterSpec | None = None
    top_k: ParameterSpec | None = None


def find_parameters(function: Callable[..., Any], question: str | None = None) -> Parameters:
    """The telling parameters of `function`; `question` names the question's where it is known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some builtins have no signature
        return Parameters((ParameterSpec(0, question or "", None),))
    arguments = {
        p.name: ParameterSpec(
            i if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) else None,
            p.name,
            None if p.default is p.empty else p.default,
        )
        for i, p in enumerate(parameters)
        if p.kind not in _FILLED
    }
    if next(iter(arguments), None) in ("self", "cls"):
        del arguments[next(iter(arguments))]
    chosen = (question,) if question else QUESTION
    return Parameters(
        tuple(arguments[name] for name in chosen if name in arguments)
        or _first_free(arguments, parameters),
        _named(arguments, CHUNKS),
        _named(arguments, MODEL),
        _named(arguments, TOP_K),
    )


def _named(arguments: Mapping[str, ParameterSpec], names: tuple[str, ...]) -> ParameterSpec | None:
    return next((arguments[name] for name in names if name in arguments), None)


def _first_free(
    arguments: Mapping[str, ParameterSpec], parameters: list[inspect.Parameter]
) -> tuple[ParameterSpec, ...]:
    taken = {*CHUNKS, *MODEL, *TOP_K}
    for name, argument in arguments.items():
        if name not in taken:
            return (argument,)
    positional = [i for i, p in enumerate(parameters) if p.kind is p.VAR_POSITIONAL]
    return (ParameterSpec(positional[0], "", None),) if positional else ()


def name_of(function: Any) -> str:
    """A short name: `Bot.ask`, without the enclosing functions' names; a partial's inner name."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).rpartition("<locals>.")[2]
