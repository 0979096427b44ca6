"""The decorator matrix: each test is a row of docs/reference/decorator-matrix.md."""

import asyncio
import contextvars
import copy
import functools
import gc
import inspect
import logging
import pickle
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import cloudpickle
import pytest
from opentelemetry import context as otel_context
from opentelemetry import trace
from starlette.responses import StreamingResponse

from groundwire import observe
from groundwire.testing import CollectedSpans, collect

KINDS = ["function", "async function", "generator", "async generator"]
STREAMS = ["generator", "async generator"]


def current() -> int:
    return trace.get_current_span().get_span_context().span_id


class Body:
    """What a function of each kind does: says the current span, may raise, answers `hello`."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.inside: list[int] = []

    def step(self) -> None:
        self.inside.append(current())
        if self.error is not None:
            raise self.error

    def of(self, kind: str) -> Callable[..., Any]:
        return getattr(self, kind.replace(" ", "_"))()

    def function(self) -> Callable[..., Any]:
        def ask(question: Any, extra: Any = None) -> str:
            """Docs."""
            self.step()
            return "hello"

        return ask

    def async_function(self) -> Callable[..., Any]:
        async def ask(question: Any, extra: Any = None) -> str:
            """Docs."""
            await asyncio.sleep(0)
            self.step()
            return "hello"

        return ask

    def generator(self) -> Callable[..., Any]:
        def ask(question: Any, extra: Any = None) -> Iterator[str]:
            """Docs."""
            yield "hel"
            self.step()
            yield "lo"

        return ask

    def async_generator(self) -> Callable[..., Any]:
        async def ask(question: Any, extra: Any = None) -> AsyncIterator[str]:
            """Docs."""
            yield "hel"
            await asyncio.sleep(0)
            self.step()
            yield "lo"

        return ask


async def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """Call a function of any kind to its end."""
    result = function(*args, **kwargs)
    if inspect.isawaitable(result):
        result = await result
    if hasattr(result, "__aiter__"):
        return "".join([item async for item in result])
    return result if isinstance(result, str) else "".join(result)


async def gather(stream: Any) -> list[Any]:
    return [item async for item in stream]


class Hostile:
    """An argument that raises at every touch."""

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    __str__ = __repr__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    __hash__ = None  # type: ignore[assignment]


# ---------------------------------------------------------------------- what every kind keeps


@pytest.mark.parametrize("kind", KINDS)
async def test_question_and_answer_are_recorded(kind: str, spans: CollectedSpans) -> None:
    assert await call(observe(Body().of(kind)), "why?") == "hello"
    span = spans.all[0]
    assert (span.name, span.question, span.answer) == ("ask", "why?", "hello")
    assert len(spans) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_the_code_inside_runs_under_the_span(kind: str, spans: CollectedSpans) -> None:
    body = Body()
    await call(observe(body.of(kind)), "why?")
    assert body.inside == [spans.all[0].span_id]
    assert current() == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_the_apps_exception_passes_as_the_same_object(
    kind: str, spans: CollectedSpans
) -> None:
    error = ValueError("no")
    with pytest.raises(ValueError, match="no") as caught:
        await call(observe(Body(error).of(kind)), "why?")
    assert caught.value is error
    assert caught.traceback[-1].name == "step"
    assert error.__context__ is None
    assert spans.all[0].status == "ERROR"
    assert spans.all[0].attributes["error.type"] == "ValueError"
    assert spans.all[0].events[0][1]["exception.message"] == "no"


@pytest.mark.parametrize("kind", KINDS)
async def test_arguments_that_raise_at_every_touch_do_no_harm(
    kind: str, spans: CollectedSpans
) -> None:
    assert await call(observe(Body().of(kind)), Hostile(), extra=Hostile()) == "hello"
    assert spans.all[0].answer == "hello"


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_whose_text_raises_passes(kind: str, spans: CollectedSpans) -> None:
    class NastyError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("str")

    with pytest.raises(NastyError):
        await call(observe(Body(NastyError()).of(kind)), "why?")
    assert spans.all[0].status == "ERROR"


@pytest.mark.parametrize("kind", KINDS)
def test_introspection_is_kept(kind: str) -> None:
    plain = Body().of(kind)
    observed = observe(plain)
    for ask in (
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
        inspect.iscoroutinefunction,
        inspect.isfunction,
    ):
        assert ask(observed) == ask(plain)
    assert inspect.signature(observed) == inspect.signature(plain)
    assert observed.__doc__ == "Docs."
    assert observed.__qualname__ == plain.__qualname__
    assert observed.__wrapped__ is plain


@pytest.mark.parametrize("kind", KINDS)
async def test_methods_classmethods_and_staticmethods_in_either_order_work(
    kind: str, spans: CollectedSpans
) -> None:
    plain = Body().of(kind)

    def method(self: Any, question: Any) -> Any:
        return plain(question)

    class Bot:
        by_method = observe(functools.wraps(plain)(method))
        inner_class = classmethod(observe(functools.wraps(plain)(method)))
        outer_class = observe(classmethod(functools.wraps(plain)(method)))
        inner_static = staticmethod(observe(plain))
        outer_static = observe(staticmethod(plain))

    for ask in (
        Bot().by_method,
        Bot.inner_class,
        Bot().inner_class,
        Bot.outer_class,
        Bot().outer_class,
        Bot.inner_static,
        Bot().outer_static,
        Bot.outer_static,
    ):
        assert await call(ask, "why?") == "hello"
    assert [span.answer for span in spans.all] == ["hello"] * 8


@pytest.mark.parametrize("kind", KINDS)
async def test_partials_work(kind: str, spans: CollectedSpans) -> None:
    inner = functools.partial(observe(Body().of(kind)), extra=1)
    outer = observe(functools.partial(Body().of(kind), extra=1))
    bound = observe(functools.partial(Body().of(kind), "why?"))
    assert await call(inner, "why?") == await call(outer, "why?") == await call(bound) == "hello"
    assert [span.question for span in spans.all][:2] == ["why?", "why?"]
    assert [span.name for span in spans.all] == ["ask", "ask", "ask"]


@pytest.mark.parametrize("kind", KINDS)
async def test_callable_objects_work(kind: str, spans: CollectedSpans) -> None:
    plain = Body().of(kind)

    class Bot:
        topic = "refunds"

        def __init__(self) -> None:
            self.own = 1

    def method(self: Any, question: Any) -> Any:
        return plain(question)

    Bot.__call__ = method  # type: ignore[operator]
    observed = observe(Bot())
    assert await call(observed, "why?") == "hello"
    assert observed.own == 1
    assert spans.all[0].question == "why?"
    assert spans.all[0].answer == "hello"


@pytest.mark.parametrize("kind", KINDS)
async def test_pickling_by_value_works(kind: str, spans: CollectedSpans) -> None:
    def make() -> Any:  # no closure over a test's own things
        namespace: dict[str, Any] = {}
        source = {
            "function": "def ask(q): return 'hello'",
            "async function": "async def ask(q): return 'hello'",
            "generator": "def ask(q): yield 'hello'",
            "async generator": "async def ask(q): yield 'hello'",
        }[kind]
        exec(source, namespace)
        return namespace["ask"]

    copied = cloudpickle.loads(cloudpickle.dumps(observe(make())))
    assert await call(copied, "why?") == "hello"
    assert spans.all[0].answer == "hello"


@pytest.mark.parametrize("kind", KINDS)
async def test_when_disabled_the_function_is_only_called(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collect(disabled=True) as spans:
        body = Body()
        assert await call(observe(body.of(kind)), "why?") == "hello"
        assert body.inside == [0]
        assert len(spans) == 0


@observe
def module_level(question: str) -> str:
    return question.upper()


def test_pickling_and_copying_by_name_work() -> None:
    assert pickle.loads(pickle.dumps(module_level)) is module_level
    assert copy.deepcopy(module_level) is module_level


# ---------------------------------------------------------------------- streams


def test_a_generators_span_starts_at_its_first_step(spans: CollectedSpans) -> None:
    stream = observe(Body().generator())("why?")
    assert len(spans) == 0
    started = current()
    assert next(stream) == "hel"
    assert list(stream) == ["lo"]
    span = spans.all[0]
    assert started == 0
    assert span.end > span.start


@pytest.mark.parametrize("kind", STREAMS)
async def test_a_stream_that_is_never_iterated_makes_no_span(
    kind: str, spans: CollectedSpans
) -> None:
    stream = observe(Body().of(kind))("why?")
    del stream
    gc.collect()
    assert len(spans) == 0


@pytest.mark.parametrize("kind", STREAMS)
async def test_the_span_lasts_until_the_stream_is_exhausted(
    kind: str, spans: CollectedSpans
) -> None:
    stream = observe(Body().of(kind))("why?")
    assert (next(stream) if kind == "generator" else await anext(stream)) == "hel"
    assert len(spans) == 0
    await call(lambda: stream)
    assert len(spans) == 1
    await call(lambda: stream)
    assert len(spans) == 1


@pytest.mark.parametrize("kind", STREAMS)
async def test_nothing_leaks_to_the_consumer_between_steps(
    kind: str, spans: CollectedSpans
) -> None:
    stream = observe(Body().of(kind))("why?")
    sync = kind == "generator"
    seen = [current() for _ in stream] if sync else [current() async for _ in stream]
    assert seen == [0, 0]
    assert otel_context.get_current() == {}


@pytest.mark.parametrize("kind", STREAMS)
async def test_a_span_opened_inside_stays_current_inside_across_steps(
    kind: str, spans: CollectedSpans, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = trace.get_tracer("app")
    inside = []
    marker = otel_context.create_key("inner")

    def generator(question: str) -> Iterator[str]:
        token = otel_context.attach(otel_context.set_value(marker, "inner"))
        with tracer.start_as_current_span("inner"):
            yield "a"
            inside.append(otel_context.get_value(marker))
        otel_context.detach(token)
        inside.append(current())

    async def async_generator(question: str) -> AsyncIterator[str]:
        for item in generator(question):
            yield item

    function = generator if kind == "generator" else async_generator
    assert await call(observe(function), "why?") == "a"
    assert inside == ["inner", spans.all[0].span_id]
    assert not caplog.records


@pytest.mark.parametrize("kind", STREAMS)
async def test_the_apps_own_context_variables_are_not_frozen(
    kind: str, spans: CollectedSpans
) -> None:
    variable = contextvars.ContextVar("variable", default=0)

    def generator(question: str) -> Iterator[str]:
        while variable.get() < 3:
            yield str(variable.get())

    async def async_generator(question: str) -> AsyncIterator[str]:
        while variable.get() < 3:
            yield str(variable.get())

    function = generator if kind == "generator" else async_generator
    stream = observe(function)("why?")
    seen = []
    for value in (1, 2):
        variable.set(value)
        seen.append(next(stream) if kind == "generator" else await anext(stream))
    assert seen == ["1", "2"]


@pytest.mark.parametrize("kind", STREAMS)
async def test_closing_early_is_no_error_and_is_marked(kind: str, spans: CollectedSpans) -> None:
    closed = []

    def generator(question: str) -> Iterator[str]:
        try:
            yield "hel"
            yield "lo"
        finally:
            closed.append(current())

    async def async_generator(question: str) -> AsyncIterator[str]:
        try:
            yield "hel"
            yield "lo"
        finally:
            closed.append(current())

    if kind == "generator":
        stream = observe(generator)("why?")
        next(stream)
        stream.close()
        stream.close()
    else:
        astream = observe(async_generator)("why?")
        await anext(astream)
        await astream.aclose()
        await astream.aclose()
    span = spans.all[0]
    assert len(spans) == 1
    assert closed == [span.span_id]
    assert (span.status, span.answer) == ("UNSET", "hel")
    assert span.attributes["groundwire.stream.closed_early"] is True


@pytest.mark.parametrize("kind", STREAMS)
async def test_a_stream_thrown_away_half_read_ends_its_span(
    kind: str, spans: CollectedSpans
) -> None:
    stream = observe(Body().of(kind))("why?")
    if kind == "generator":
        next(stream)
    else:
        await anext(stream)
    del stream
    gc.collect()
    await asyncio.sleep(0.01)
    assert len(spans) == 1
    assert spans.all[0].attributes["groundwire.stream.closed_early"] is True


async def test_closing_from_another_task_is_silent(
    spans: CollectedSpans, caplog: pytest.LogCaptureFixture
) -> None:
    stream = observe(Body().async_generator())("why?")
    await asyncio.create_task(anext(stream))
    with caplog.at_level(logging.DEBUG):
        await asyncio.create_task(stream.aclose())
    assert spans.all[0].status == "UNSET"
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


async def test_each_step_in_another_task_is_silent(
    spans: CollectedSpans, caplog: pytest.LogCaptureFixture
) -> None:
    stream = observe(Body().async_generator())("why?")
    first = await asyncio.create_task(anext(stream))
    second = await asyncio.create_task(anext(stream))
    with pytest.raises(StopAsyncIteration):
        await asyncio.create_task(anext(stream))
    assert first + second == spans.all[0].answer
    assert not caplog.records


def test_send_throw_and_the_return_value_of_a_generator_pass(spans: CollectedSpans) -> None:
    @observe
    def echo(question: str) -> Any:
        got = []
        while len(got) < 2:
            try:
                got.append((yield len(got)))
            except KeyError as error:
                got.append(error)
        return got

    stream = echo("why?")
    error = KeyError("x")
    assert next(stream) == 0
    assert stream.send("sent") == 1
    with pytest.raises(StopIteration) as stop:
        stream.throw(error)
    assert stop.value.value == ["sent", error]
    assert spans.all[0].status == "UNSET"


async def test_asend_and_athrow_of_an_async_generator_pass(spans: CollectedSpans) -> None:
    got: list[Any] = []

    @observe
    async def echo(question: str) -> Any:
        while len(got) < 2:
            try:
                got.append((yield len(got)))
            except KeyError as error:
                got.append(error)

    stream = echo("why?")
    error = KeyError("x")
    assert await anext(stream) == 0
    assert await stream.asend("sent") == 1
    with pytest.raises(StopAsyncIteration):
        await stream.athrow(error)
    assert got == ["sent", error]
    assert spans.all[0].status == "UNSET"


@pytest.mark.parametrize("kind", STREAMS)
async def test_an_exception_thrown_in_and_not_caught_is_an_error(
    kind: str, spans: CollectedSpans
) -> None:
    stream = observe(Body().of(kind))("why?")
    with pytest.raises(KeyError):  # noqa: PT012
        if kind == "generator":
            next(stream)
            stream.throw(KeyError("x"))
        else:
            await anext(stream)
            await stream.athrow(KeyError("x"))
    assert spans.all[0].status == "ERROR"


async def test_a_generator_delegated_to_with_yield_from_works(spans: CollectedSpans) -> None:
    ask = observe(Body().generator())

    def outer() -> Iterator[str]:
        yield from ask("why?")

    assert list(outer()) == ["hel", "lo"]
    assert spans.all[0].answer == "hello"


@pytest.mark.parametrize("kind", ["async function", "async generator"])
async def test_cancellation_has_its_own_mark_and_is_no_error(
    kind: str, spans: CollectedSpans
) -> None:
    started = asyncio.Event()

    async def function(question: str) -> None:
        started.set()
        await asyncio.sleep(60)

    async def generator(question: str) -> AsyncIterator[str]:
        yield "hel"
        started.set()
        await asyncio.sleep(60)

    if kind == "async function":
        task = asyncio.create_task(observe(function)("why?"))
    else:
        task = asyncio.create_task(gather(observe(generator)("why?")))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    span = spans.all[0]
    assert span.status == "UNSET"
    assert span.attributes["groundwire.cancelled"] is True


async def test_time_to_the_first_token_is_recorded(spans: CollectedSpans) -> None:
    @observe.generation
    async def generate(question: str) -> AsyncIterator[str]:
        await asyncio.sleep(0.02)
        yield ""
        await asyncio.sleep(0.02)
        yield "a"
        await asyncio.sleep(0.05)
        yield "b"

    begun = time.perf_counter()
    await call(generate, "why?")
    waited = spans.named("generate").attributes["gen_ai.response.time_to_first_chunk"]
    assert 0.03 < waited < time.perf_counter() - begun - 0.04


def test_a_long_stream_is_gathered_within_a_bound_and_says_so(
    spans: CollectedSpans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwire.accumulation.MAX_GATHERED", 10)

    @observe.generation
    def generate(question: str) -> Iterator[str]:
        for _ in range(5):
            yield "abcd"

    assert "".join(generate("why?")) == "abcd" * 5
    span = spans.named("generate")
    assert span.answer == "abcdabcdab"
    cut = span.attributes["groundwire.truncated"]["gen_ai.output.messages"]
    assert cut["original_length"] == 20
    assert len(cut["sha256"]) == 64


@pytest.mark.parametrize("kind", STREAMS)
async def test_a_plain_function_that_returns_a_stream_is_followed(
    kind: str, spans: CollectedSpans
) -> None:
    stream_of = Body().of(kind)

    def ask(question: str) -> Any:
        return stream_of(question)

    stream = observe(ask)("why?")
    assert inspect.isgenerator(stream) or inspect.isasyncgen(stream)
    assert len(spans) == 0
    assert await call(lambda: stream) == "hello"
    assert spans.all[0].answer == "hello"


@pytest.mark.parametrize("kind", STREAMS)
async def test_a_returned_stream_that_is_never_read_ends_its_span(
    kind: str, spans: CollectedSpans
) -> None:
    stream_of = Body().of(kind)

    def ask(question: str) -> Any:
        return stream_of(question)

    stream = observe(ask)("why?")
    del stream
    gc.collect()
    await asyncio.sleep(0.01)
    assert spans.all[0].attributes["groundwire.stream.closed_early"] is True


@pytest.mark.parametrize("kind", STREAMS)
async def test_the_body_of_a_streaming_response_is_followed(
    kind: str, spans: CollectedSpans
) -> None:
    stream_of = Body().of(kind)

    @observe
    async def endpoint(question: str) -> StreamingResponse:
        return StreamingResponse(stream_of(question), media_type="text/plain")

    response = await endpoint("why?")
    assert isinstance(response, StreamingResponse)
    assert len(spans) == 0
    sent = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        await asyncio.sleep(60)

    await response({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert b"".join(sent) == b"hello"
    assert spans.named(spans.all[0].name).answer == "hello"


async def test_a_plain_function_that_returns_a_coroutine_task_or_future_is_followed(
    spans: CollectedSpans,
) -> None:
    coroutine = Body().async_function()
    loop = asyncio.get_running_loop()

    def ask(question: str) -> Any:
        return coroutine(question)

    def ask_task(question: str) -> Any:
        return asyncio.create_task(coroutine(question))

    def ask_thread(question: str) -> Any:
        return loop.run_in_executor(None, str.lower, "HELLO")

    for function in (ask, ask_task, ask_thread):
        assert await observe(function)("why?") == "hello"
    await asyncio.sleep(0)
    assert [span.answer for span in spans.all] == ["hello"] * 3


def test_a_streams_other_attributes_and_class_stay_visible(spans: CollectedSpans) -> None:
    class Stream:
        status = 200

        def __init__(self) -> None:
            self.items = iter(["a", "b"])
            self.closed = False

        def __iter__(self) -> "Stream":
            return self

        def __next__(self) -> str:
            return next(self.items)

        def close(self) -> None:
            self.closed = True

        def __enter__(self) -> "Stream":
            return self

        def __exit__(self, *error: Any) -> None:
            self.close()

    plain = Stream()

    @observe.generation
    def generate(question: str) -> Stream:
        return plain

    with generate("why?") as stream:
        assert isinstance(stream, Stream)
        assert stream.status == 200
        stream.status = 201
        assert next(stream) == "a"
    assert plain.closed
    assert plain.status == 201
    assert spans.named("generate").answer == "a"


def test_an_open_file_or_cursor_is_handed_on_untouched(spans: CollectedSpans) -> None:
    import sqlite3

    database = sqlite3.connect(":memory:")
    cursor = database.execute("select 1, 'one'")

    @observe.retrieval
    def search(query: str) -> Any:
        return cursor

    assert search("one") is cursor
    assert cursor.fetchall() == [(1, "one")]
    database.close()
    assert spans.named("search").status == "UNSET"
    assert "gen_ai.retrieval.documents" not in spans.named("search").attributes


def test_a_class_is_returned_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    class Bot:
        pass

    assert observe(Bot) is Bot
    assert observe(3) == 3  # type: ignore[comparison-overlap]


async def test_turns_at_the_same_time_do_not_mix(spans: CollectedSpans) -> None:
    @observe.retrieval
    async def search(question: str) -> list[str]:
        await asyncio.sleep(0.001)
        return [question]

    @observe
    async def ask(question: str) -> str:
        return (await search(question))[0]

    questions = [f"question {i}" for i in range(20)]
    assert await asyncio.gather(*map(ask, questions)) == questions
    by_id = {span.span_id: span for span in spans.all}
    searches = [span for span in spans.all if span.name.endswith("search")]
    assert len(searches) == 20
    for span in searches:
        assert span.parent_id is not None
        parent = by_id[span.parent_id]
        assert parent.question == span.question
        assert parent.trace_id == span.trace_id
