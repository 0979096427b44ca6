"""Observing what comes piece by piece: generators, client libraries' streams, response bodies.

Each step runs under the stream's own context, entered and left within the step: nothing leaks to
the consumer between steps, and no token is ever left to another task. The span ends exactly once:
at the last item, an error, an early close, or when the stream is thrown away.
"""

import functools
import inspect
import types
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from typing import Any

from groundwire import attributes
from groundwire.accumulation import StreamAccumulator
from groundwire.diagnostics import trouble
from groundwire.observation import Observation


class StreamObservation:
    """Observation of a stream; without a span it passes through."""

    def __init__(self, observation: Observation | None) -> None:
        self.observation = observation
        self._gathering = StreamAccumulator(observation) if observation is not None else None
        if observation is not None:
            observation.owner.follow(self)

    def advance(self, step: Callable[[Any], Any], passed: Any) -> Any:
        """Take one step under the stream's context."""
        observation = self.observation
        if observation is None:
            return step(passed)
        observation.enter()
        try:
            item = step(passed)
        except StopIteration:
            observation.leave()
            self._finish(None)
            raise
        except BaseException as error:
            observation.leave()
            self._finish(error)
            raise
        observation.leave()
        self._gathering.add(item)  # type: ignore[union-attr]
        return item

    async def advance_async(self, step: Callable[[Any], Any], passed: Any) -> Any:
        """As `advance`, for a step that is awaited."""
        observation = self.observation
        if observation is None:
            return await step(passed)
        observation.enter()
        try:
            item = await step(passed)
        except StopAsyncIteration:
            observation.leave()
            self._finish(None)
            raise
        except BaseException as error:
            observation.leave()
            self._finish(error)
            raise
        observation.leave()
        self._gathering.add(item)  # type: ignore[union-attr]
        return item

    def close(self, closing: Callable[[], Any] | None = None) -> Any:
        """The consumer closes the stream, or threw it away: no error, but marked if early."""
        observation = self.observation
        if closing is None or observation is None:
            self.end_early()
            return closing() if closing is not None else None
        observation.enter()
        try:
            return closing()
        except BaseException as error:
            self._finish(error)
            raise
        finally:
            observation.leave()
            self.end_early()

    async def close_async(self, closing: Callable[[], Any]) -> Any:
        """As `close`, for a closing that is awaited."""
        observation = self.observation
        if observation is None:
            return await closing()
        observation.enter()
        try:
            return await closing()
        except BaseException as error:
            self._finish(error)
            raise
        finally:
            observation.leave()
            self.end_early()

    def end_early(self) -> None:
        """End the span with what has arrived, marked as incomplete; no effect on an ended one."""
        observation = self.observation
        if observation is not None and not observation.ended:
            observation.extra[attributes.CLOSED_EARLY] = True
            self._finish(None)

    def _finish(self, error: BaseException | None) -> None:
        observation, gathering = self.observation, self._gathering
        if observation is None or gathering is None or observation.ended:
            return
        try:
            gathering.finish()
        except Exception as own:
            trouble("stream", own)
        if error is None:
            observation.end()
        else:
            observation.fail(error)


def drive(stream: Generator[Any, Any, Any], steps: StreamObservation) -> Generator[Any, Any, Any]:
    """The generator itself, step by step: `send`, `throw`, `close` and its value reach it."""
    step: Callable[[Any], Any] = stream.send
    passed: Any = None
    while True:
        try:
            item = steps.advance(step, passed)
        except StopIteration as stop:
            return stop.value
        try:
            passed = yield item
            step = stream.send
        except GeneratorExit:
            steps.close(stream.close)
            raise
        except BaseException as error:
            step, passed = stream.throw, error


async def drive_async(
    stream: AsyncGenerator[Any, Any], steps: StreamObservation
) -> AsyncGenerator[Any, Any]:
    """As `drive`, for async generators."""
    step: Callable[[Any], Any] = stream.asend
    passed: Any = None
    while True:
        try:
            item = await steps.advance_async(step, passed)
        except StopAsyncIteration:
            return
        try:
            passed = yield item
            step = stream.asend
        except GeneratorExit:
            await steps.close_async(stream.aclose)
            raise
        except BaseException as error:
            step, passed = stream.athrow, error


class ObservedStream:
    """Stands for a client library's stream: same attributes, same class to `isinstance`."""

    def __init__(self, stream: Any, steps: StreamObservation) -> None:
        self.__dict__["_stream"] = stream
        self.__dict__["_steps"] = steps
        weakref.finalize(self, steps.close).atexit = False

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_stream"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._stream, name, value)

    def __repr__(self) -> str:
        return repr(self._stream)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._steps.advance(self._next, None)

    def _next(self, _: None) -> Any:
        return next(self.__dict__["_stream"])

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await self._steps.advance_async(self._anext, None)

    def _anext(self, _: None) -> Any:
        return self.__dict__["_stream"].__anext__()

    def __enter__(self) -> Any:
        self._stream.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        try:
            return self._stream.__exit__(*error)
        finally:
            self._steps.close()

    async def __aenter__(self) -> Any:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await self._stream.__aexit__(*error)
        finally:
            self._steps.close()

    def close(self) -> Any:
        """Close the stream under its own context; an async stream's close is awaitable."""
        stream = self.__dict__["_stream"]
        if inspect.iscoroutinefunction(stream.close):
            return self._steps.close_async(stream.close)
        return self._steps.close(stream.close)

    async def aclose(self) -> Any:
        """Close an async stream."""
        return await self._steps.close_async(self.__dict__["_stream"].aclose)


_LAZY = (types.GeneratorType, map, filter, zip)
_kinds: dict[type, str] = {}


def kind_of_stream(result: Any) -> str:
    """How a result is still to come: as a generator, async generator, iterator, body (of a
    streaming response), coroutine, future, file (left alone); "" if it is all there.
    """
    cls = type(result)
    kind = _kinds.get(cls)
    if kind is None:
        if len(_kinds) > 4096:
            _kinds.clear()
        kind = _kinds[cls] = _classify(cls, result)
    return kind


def _classify(cls: type, result: Any) -> str:
    if cls is types.GeneratorType:
        return "generator"
    if cls is types.AsyncGeneratorType:
        return "async generator"
    if cls is types.CoroutineType:
        return "coroutine"
    if hasattr(cls, "add_done_callback"):
        return "future"
    if hasattr(cls, "__next__") or hasattr(cls, "__anext__"):
        return "file" if hasattr(cls, "readline") else "iterator"
    if hasattr(result, "body_iterator"):
        return "body"
    return ""


def follow(result: Any, kind: str, observation: Observation) -> Any:
    """The result with its stream observed, or None if this kind of stream is left alone."""
    if kind == "coroutine":
        return _until_finalized(finish_awaited(result, observation), observation.end)
    if kind == "future":
        result.add_done_callback(functools.partial(_finish_future, observation))
        return result
    retrieval = observation.spec.kind == "retrieval"
    if kind == "file" or (retrieval and not isinstance(result, _LAZY) and kind == "iterator"):
        return None  # a database cursor: reading it is the app's business
    if kind == "body":
        body = result.body_iterator
        inner = follow(body, kind_of_stream(body), observation)
        if inner is None:
            return None
        result.body_iterator = inner
        return result
    steps = StreamObservation(observation)
    observed: Any
    if kind == "generator":
        observed = drive(result, steps)
    elif kind == "async generator":
        observed = drive_async(result, steps)
    else:
        return ObservedStream(result, steps)
    return _until_finalized(observed, steps.close)


def _until_finalized(observed: Any, end: Callable[[], Any]) -> Any:
    """End the span of a stream that is garbage-collected before it was started."""
    weakref.finalize(observed, end).atexit = False
    return observed


async def finish_awaited(result: Any, observation: Observation) -> Any:
    """The result of a coroutine that a plain function returned."""
    observation.enter()
    try:
        value = await result
    except BaseException as error:
        observation.leave()
        observation.fail(error)
        raise
    observation.leave()
    return finish(observation, value)


def _finish_future(observation: Observation, future: Any) -> None:
    try:
        observation.succeed(future.result())
    except BaseException as error:
        observation.fail(error)


def finish(observation: Observation, result: Any) -> Any:
    """The result to hand on: itself, or the stream it is, observed to its end."""
    try:
        kind = kind_of_stream(result)
        if kind:
            followed = follow(result, kind, observation)
            if followed is not None:
                return followed
            observation.pass_unread()
            return result
    except Exception as error:
        trouble("result", error)
    observation.succeed(result)
    return result
