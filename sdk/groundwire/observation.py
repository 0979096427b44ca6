"""Observation of one call: span, inputs and result.

`begin` and every method are called from wrappers around the app's own code: none of them raises,
whatever the arguments, the result or OpenTelemetry do.
"""

import asyncio
import functools
import inspect
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanContext,
    Status,
    StatusCode,
    set_span_in_context,
)

from groundwire import attachment, attributes, client
from groundwire.closed_book import ClosedBook
from groundwire.diagnostics import trouble, warn_once
from groundwire.parameters import Parameters, ParameterSpec
from groundwire.reading.answers import ModelAnswer, read_answer
from groundwire.reading.chunks import RetrievedChunk, read_chunks
from groundwire.reading.fields import count
from groundwire.reading.questions import read_messages, read_question
from groundwire.turns import CLOSED_BOOK, TAGS, TURN, TurnSpan

Override = Callable[..., Any]


@dataclass(frozen=True)
class Spec:
    """Everything about a decorated function that is known at decoration."""

    kind: str  # "turn" | "retrieval" | "generation"
    name: str
    parameters: Parameters
    tags: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    question: Override | None = None
    chunks: Override | None = None
    answer: Override | None = None
    closed_book: ClosedBook | None = None

    @functools.cached_property
    def operation(self) -> str:
        """The GenAI operation of the kind."""
        return {
            "turn": attributes.OPERATION_TURN,
            "retrieval": attributes.OPERATION_RETRIEVAL,
            "generation": attributes.OPERATION_GENERATION,
        }[self.kind]


# The key of the current span, found without its private name.
(SPAN_KEY,) = set_span_in_context(INVALID_SPAN, Context())


_ABANDONED = ("CancelledError", "Cancelled", "GeneratorExit")  # asyncio, trio, coroutine.close()


class Observation:
    """A running call; after its end, what the exporter's thread renders."""

    # Defaults are class attributes: a call sets only what it has, which dominates its cost.
    question: str | None = None
    messages: list[tuple[str, str]] | None = None
    chunks: list[RetrievedChunk] | None = None
    answer: ModelAnswer | None = None
    answer_length: int | None = None
    answer_sha256: str | None = None
    size = 0
    ended = False
    token: Any = None
    span: ReadableSpan  # set by the processor when the live span has ended

    def __init__(self, spec: Spec, owner: "client.Client") -> None:
        self.spec = spec
        self.owner = owner
        self.extra: dict[str, Any] = {}
        current = otel_context.get_current()
        self.live: Span = owner.start_span(spec.name, current)
        values = {**current, SPAN_KEY: self.live}
        turn: Any = current.get(TURN)
        self.operation: str | None = spec.operation
        if turn is None:
            turn = TurnSpan(owner.tags, open=spec.kind == "turn")
            if spec.tags:
                turn.say(spec.tags)
            inherited: Any = current.get(TAGS)
            if inherited:
                turn.say(inherited)
            if spec.kind == "turn":
                values[TURN] = turn
        elif spec.kind == "turn":  # a step inside a turn: timed, not judged
            self.operation = None
        elif spec.tags:
            turn.suggest(spec.tags)
        self.turn: TurnSpan | None = turn
        self.tags: Mapping[str, Any] = turn.tags
        if CLOSED_BOOK in current:
            self.extra[attributes.CLOSED_BOOK] = True
        self.context: Context | None = Context(values)
        self.started = time.perf_counter()

    # ------------------------------------------------------------------ contexts

    def enter(self) -> None:
        """Make the span current for the code that follows."""
        try:
            if self.context is not None:
                self.token = attachment.attach(self.context)
        except Exception as error:
            trouble("enter", error)

    def leave(self) -> None:
        """Undo `enter`, keeping for the next step what the code had made current."""
        token, self.token = self.token, None
        try:
            self.context = otel_context.get_current()
            attachment.detach(token)
        except Exception as error:
            trouble("leave", error)

    # ------------------------------------------------------------------ reading

    def read_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Take question, model, chunks and top-k from the call."""
        if self.operation is None:
            return
        spec, parameters = self.spec, self.spec.parameters
        value: Any = None
        if spec.question is not None:
            value = spec.question(*args, **kwargs)
            self.question = read_question(value)
        else:
            for argument in parameters.questions:
                value = argument.of(args, kwargs)
                self.question = read_question(value)
                if self.question is not None:
                    break
        if spec.kind == "turn":
            if self.turn is not None:
                self.turn.question = self.question
            return
        if spec.kind == "generation":
            self._read_generation(value, args, kwargs)
        elif parameters.top_k is not None:
            top_k = count(parameters.top_k.of(args, kwargs))
            if top_k is not None:
                self.extra[attributes.TOP_K] = top_k

    def _read_generation(
        self, value: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        parameters, turn = self.spec.parameters, self.turn
        if not isinstance(value, str):
            self.messages = read_messages(value)
        model: Any = self.spec.model
        if model is None and parameters.model is not None:
            model = parameters.model.of(args, kwargs)
        if isinstance(model, str):
            self.extra[attributes.REQUEST_MODEL] = model
        if turn is None:
            return
        turn.generated = True
        if self.question is None:
            self.question = turn.question
        if parameters.chunks is not None:
            context = parameters.chunks.of(args, kwargs)
            if context is not None and not isinstance(context, str | int | float):
                self._read_context(context, turn)

    def _read_context(self, context: Any, turn: TurnSpan) -> None:
        """Chunks passed to the model, if they differ from the last retrieval span."""
        if any(context is known for known in turn.known):
            return
        chunks = read_chunks(context)
        if chunks:
            turn.has_context = True
            self.chunks = chunks

    def read_result(self, result: Any) -> None:
        """Take chunks or the answer from what the call returned."""
        spec, turn = self.spec, self.turn
        if spec.kind == "retrieval":
            if turn is not None:
                turn.retrieved = True
                turn.known.append(result)
            self.chunks = read_chunks(spec.chunks(result) if spec.chunks else result)
            if self.chunks is None:
                self._not_read("chunks", result)
                self.extra[attributes.UNREADABLE] = type(result).__name__
            return
        if self.operation is None:
            self._read_step(result)
            return
        value = spec.answer(result) if spec.answer else result
        self.answer = read_answer(value, metadata=spec.kind == "generation")
        if self.answer is None and result is not None:
            self._not_read("answer", result)

    def _not_read(self, what: str, result: Any) -> None:
        name, cls = self.spec.name, type(result)
        warn_once(
            f"shape:{name}",
            "no %s found in what %s returned (%s.%s): say where with %s=",
            *(what, name, cls.__module__, cls.__qualname__, what),
        )

    def _read_step(self, result: Any) -> None:
        """A step inside a turn that names a route gives it to the turn, if it had an answer."""
        route = self.spec.tags.get(attributes.ROUTE)
        if route and self.turn is not None and result is not None and result is not False:
            self.turn.route = route

    # ------------------------------------------------------------------ ending

    def succeed(self, result: Any) -> None:
        """Read the result and end the span."""
        try:
            if self.live.is_recording():
                self.read_result(result)
        except Exception as error:
            trouble(f"reading the result of {self.spec.name}", error)
        self.end()

    def pass_unread(self) -> None:
        """End the span of a call whose result must not be consumed (an open cursor or file)."""
        if self.spec.kind == "retrieval" and self.turn is not None:
            self.turn.retrieved = True
        self.end()

    def fail(self, error: BaseException) -> None:
        """End the span of a call that raised; cancellation and exits are no errors."""
        try:
            if isinstance(error, Exception):
                self._record(error)
            elif type(error).__name__ in _ABANDONED:
                self.extra[attributes.CANCELLED] = True
        except Exception as own:
            trouble("fail", own)
        self.end()

    def _record(self, error: Exception) -> None:
        kind = type(error).__qualname__
        try:
            message = str(error)
        except Exception:
            message = ""
        self.extra[attributes.ERROR_TYPE] = kind
        self.live.set_status(Status(StatusCode.ERROR, f"{kind}: {message}"))
        self.live.add_event("exception", {"exception.type": kind, "exception.message": message})

    def end(self) -> None:
        """End the span, once, and hand over what it holds."""
        if self.ended:
            return
        self.ended = True
        try:
            self._finish()
        except Exception as error:
            trouble("end", error)

    def _finish(self) -> None:
        turn, spec = self.turn, self.spec
        live = self.live
        if self.operation == attributes.OPERATION_TURN and turn is not None:
            self.extra[attributes.ANSWER_COMPLETE] = True
            if attributes.ROUTE not in turn.tags:
                route = turn.detected_route()
                if route:
                    self.extra[attributes.ROUTE] = route
        self._offer_closed_book(live)
        self.context = None
        self.turn = None
        if live.is_recording():
            self.size = self._held_bytes()
            self.owner.finish(self, live)
        if turn is not None and (spec.kind == "turn" or not turn.open) and self.operation:
            for closed_book, job in turn.closed_book_calls:
                self.owner.closed_book_calls.offer(
                    closed_book, live.get_span_context().trace_id, job
                )

    def _offer_closed_book(self, live: Span) -> None:
        """Remember a closed-book call; it is made when the turn has ended."""
        closed_book, turn = self.spec.closed_book, self.turn
        if closed_book is None or turn is None or self.answer is None or self._marked_closed_book():
            return
        question = self.question if self.question is not None else turn.question
        if question is not None:
            of, name = live.get_span_context(), self.spec.name
            job = functools.partial(run_closed_book, closed_book, question, of, name)
            turn.closed_book_calls.append((closed_book, job))

    def _marked_closed_book(self) -> bool:
        return attributes.CLOSED_BOOK in self.extra

    def _held_bytes(self) -> int:
        size = 0
        for text in (self.question, self.answer.text if self.answer else None):
            if text is not None:
                size += sys.getsizeof(text)
        for chunk in self.chunks or ():
            # Getting the size of None is harmless, and cheaper than asking.
            size += sys.getsizeof(chunk.text) + (600 if chunk.metadata else 200)
        for _, text in self.messages or ():
            size += sys.getsizeof(text)
        return size


def begin(spec: Spec, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Observation | None:
    """Start observing a call; None where nothing is recorded or starting failed."""
    try:
        owner = client.active()
        if owner is None:
            return None
        observation = Observation(spec, owner)
    except Exception as error:
        trouble("begin", error)
        return None
    if observation.live.is_recording():
        try:
            observation.read_arguments(args, kwargs)
        except Exception as error:
            trouble(f"reading the arguments of {spec.name}", error)
    return observation


def run_closed_book(closed_book: ClosedBook, question: str, of: SpanContext, name: str) -> None:
    """Ask without context, in a trace of its own that is linked to the generation it
    closed_book_calls."""
    spec = Spec("turn", f"closed_book {name}", Parameters((ParameterSpec(0, "question", None),)))
    token = attachment.attach(otel_context.set_value(CLOSED_BOOK, True, Context()))
    try:
        observation = begin(spec, (question,), {})
        if observation is None:
            return
        observation.extra[attributes.CLOSED_BOOK_OF] = f"{of.trace_id:032x}:{of.span_id:016x}"
        observation.extra[attributes.SAMPLING_PROBABILITY] = closed_book.rate
        observation.live.add_link(of)
        observation.enter()
        try:
            result = _result_of(closed_book.call, question)
        except BaseException as error:
            observation.leave()
            observation.fail(error)
            return
        observation.leave()
        observation.succeed(result)
    finally:
        attachment.detach(token)


def _result_of(function: Callable[[str], Any], question: str) -> Any:
    result = function(question)
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(value: Any) -> Any:
    return await value
