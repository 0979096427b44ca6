"""One call under observation: its span, what is read from it, and how it ends.

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
from opentelemetry.trace import Span, SpanContext, Status, StatusCode, set_span_in_context

from groundwire import attributes, client, leaving
from groundwire.diagnostics import trouble
from groundwire.parameters import Argument, Parameters
from groundwire.reading.answers import Answer, read_answer
from groundwire.reading.chunks import Chunk, read_chunks
from groundwire.reading.fields import count
from groundwire.reading.questions import read_messages, read_question
from groundwire.shadow import Shadow
from groundwire.turns import SHADOW, TAGS, TURN, Turn

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
    shadow: Shadow | None = None


OPERATIONS = {
    "turn": attributes.OPERATION_TURN,
    "retrieval": attributes.OPERATION_RETRIEVAL,
    "generation": attributes.OPERATION_GENERATION,
}
_NO_TAGS: dict[str, Any] = {}


class Observation:
    """A running call; after its end, what the exporter's thread renders."""

    __slots__ = (
        "answer",
        "answer_length",
        "answer_sha256",
        "chunks",
        "context",
        "ended",
        "extra",
        "live",
        "messages",
        "operation",
        "owner",
        "question",
        "size",
        "span",
        "spec",
        "started",
        "tags",
        "token",
        "turn",
    )
    live: Span
    span: ReadableSpan  # set by the processor when the live span has ended

    def __init__(self, spec: Spec, owner: "client.Client") -> None:
        self.spec = spec
        self.owner = owner
        self.operation: str | None = OPERATIONS[spec.kind]
        self.extra: dict[str, Any] = {}
        self.tags: Mapping[str, Any] = _NO_TAGS
        self.question: str | None = None
        self.messages: list[tuple[str, str]] | None = None
        self.chunks: list[Chunk] | None = None
        self.answer: Answer | None = None
        self.answer_length: int | None = None
        self.answer_sha256: str | None = None
        self.size = 0
        self.ended = False
        self.token: Any = None
        self.turn: Turn | None = None
        self._start()

    def _start(self) -> None:
        current = otel_context.get_current()
        turn = current.get(TURN)
        spec = self.spec
        self.live = self.owner.start_span(spec.name, current)
        context = set_span_in_context(self.live, current)
        if isinstance(turn, Turn):
            self.turn = turn
            if spec.kind == "turn":  # a step inside a turn: timed, not judged
                self.operation = None
        else:
            inherited = current.get(TAGS)
            tags = {**self.owner.tags, **spec.tags}
            if isinstance(inherited, dict):
                tags.update(inherited)
            self.turn = Turn(tags, open=spec.kind == "turn")
            if spec.kind == "turn":
                context = otel_context.set_value(TURN, self.turn, context)
        self.tags = self.turn.tags
        if SHADOW in current:
            self.extra[attributes.SHADOW] = True
        self.context = context
        self.started = time.perf_counter()

    # ------------------------------------------------------------------ contexts

    def enter(self) -> None:
        """Make the span current for the code that follows."""
        try:
            self.token = leaving.enter(self.context)
        except Exception as error:
            trouble("enter", error)

    def leave(self) -> None:
        """Undo `enter`, keeping for the next step what the code had made current."""
        token, self.token = self.token, None
        try:
            self.context = otel_context.get_current()
            leaving.leave(token)
        except Exception as error:
            trouble("leave", error)

    # ------------------------------------------------------------------ reading

    def read_arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Take question, model, chunks and top-k from the call."""
        spec, parameters = self.spec, self.spec.parameters
        if spec.question is not None:
            value = spec.question(*args, **kwargs)
        elif parameters.question is not None:
            value = parameters.question.of(args, kwargs)
        else:
            value = None
        self.question = read_question(value)
        if spec.kind == "turn":
            turn = self.turn
            if turn is not None and self.operation and turn.question is None:
                turn.question = self.question
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
            given = parameters.chunks.of(args, kwargs)
            if given is not None and not isinstance(given, str | int | float):
                self._read_context(given, turn)

    def _read_context(self, given: Any, turn: Turn) -> None:
        """The chunks that were really given to the model, where no retrieval span says so."""
        if any(given is known for known in turn.known):
            return
        chunks = read_chunks(given)
        if chunks:
            turn.context_given = True
            self.chunks = chunks

    def read_result(self, result: Any) -> None:
        """Take chunks or the answer from what the call returned."""
        spec, turn = self.spec, self.turn
        if spec.kind == "retrieval":
            self.chunks = read_chunks(spec.chunks(result) if spec.chunks else result)
            if turn is not None:
                turn.retrieved = True
                turn.known.append(result)
            return
        if self.operation is None:
            self._read_step(result)
            return
        self.answer = read_answer(spec.answer(result) if spec.answer else result)

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

    def fail(self, error: BaseException) -> None:
        """End the span of a call that raised; cancellation and exits are no errors."""
        try:
            if isinstance(error, Exception):
                self._record(error)
            elif type(error).__name__ == "CancelledError":
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
        self._offer_shadow(live)
        self.context = None  # type: ignore[assignment]
        self.turn = None
        if live.is_recording():
            self.size = self._held_bytes()
            self.owner.finish(self, live)
        if turn is not None and (spec.kind == "turn" or not turn.open) and self.operation:
            for shadow, job in turn.shadows:
                self.owner.shadows.offer(shadow, live.get_span_context().trace_id, job)

    def _offer_shadow(self, live: Span) -> None:
        """Remember a shadow call; it is made when the turn has ended."""
        shadow, turn = self.spec.shadow, self.turn
        if shadow is None or turn is None or self.answer is None or self._marked_shadow():
            return
        question = self.question if self.question is not None else turn.question
        if question is not None:
            of, name = live.get_span_context(), self.spec.name
            job = functools.partial(run_shadow, shadow, question, of, name)
            turn.shadows.append((shadow, job))

    def _marked_shadow(self) -> bool:
        return attributes.SHADOW in self.extra

    def _held_bytes(self) -> int:
        size = 0
        for text in (self.question, self.answer.text if self.answer else None):
            if text is not None:
                size += sys.getsizeof(text)
        for chunk in self.chunks or ():
            size += 200 + (sys.getsizeof(chunk.text) if chunk.text is not None else 0)
            if chunk.metadata:
                size += 400
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


def run_shadow(shadow: Shadow, question: str, of: SpanContext, name: str) -> None:
    """Ask without context, in a trace of its own that is linked to the generation it shadows."""
    spec = Spec("turn", f"shadow {name}", Parameters(Argument(0, "question", None)))
    token = leaving.enter(otel_context.set_value(SHADOW, True, Context()))
    try:
        observation = begin(spec, (question,), {})
        if observation is None:
            return
        observation.extra[attributes.SHADOW_OF] = f"{of.trace_id:032x}:{of.span_id:016x}"
        observation.extra[attributes.SAMPLING_PROBABILITY] = shadow.rate
        observation.live.add_link(of)
        observation.enter()
        try:
            result = _result_of(shadow.call, question)
        except BaseException as error:
            observation.leave()
            observation.fail(error)
            return
        observation.leave()
        observation.succeed(result)
    finally:
        leaving.leave(token)


def _result_of(function: Callable[[str], Any], question: str) -> Any:
    result = function(question)
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(value: Any) -> Any:
    return await value
