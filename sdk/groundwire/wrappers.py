"""Four wrappers around the app's functions, one for each kind of callable.

They hold the function and its `Spec`, nothing else: no client, no lock, so decorated functions
can be pickled by value too (cloudpickle, Ray).
"""

import functools
from collections.abc import Callable
from typing import Any

from groundwire import observation as observing
from groundwire import streams
from groundwire.observation import Spec

Function = Callable[..., Any]


def plain(function: Function, spec: Spec) -> Function:
    """Around a function that returns its result, which may be a stream."""

    @functools.wraps(function)
    def observed(*args: Any, **kwargs: Any) -> Any:
        observation = observing.begin(spec, args, kwargs)
        if observation is None:
            return function(*args, **kwargs)
        observation.enter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            observation.leave()
            observation.fail(error)
            raise
        observation.leave()
        return streams.finish(observation, result)

    return observed


def coroutine(function: Function, spec: Spec) -> Function:
    """Around an `async def`."""

    @functools.wraps(function)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        observation = observing.begin(spec, args, kwargs)
        if observation is None:
            return await function(*args, **kwargs)
        observation.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            observation.leave()
            observation.fail(error)
            raise
        observation.leave()
        return streams.finish(observation, result)

    return observed


def generator(function: Function, spec: Spec) -> Function:
    """Around a generator function: the span starts at the first step."""

    @functools.wraps(function)
    def observed(*args: Any, **kwargs: Any) -> Any:
        stream = function(*args, **kwargs)
        steps = streams.StreamObservation(observing.begin(spec, args, kwargs))
        return (yield from streams.drive(stream, steps))

    return observed


def async_generator(function: Function, spec: Spec) -> Function:
    """Around an async generator function: the span starts at the first step."""

    @functools.wraps(function)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        # The loop of `streams.drive_async`: an async generator cannot delegate to another.
        stream = function(*args, **kwargs)
        steps = streams.StreamObservation(observing.begin(spec, args, kwargs))
        step, passed = stream.asend, None
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

    return observed
