"""Process-wide SDK client: configuration, span processor, exporter."""

import atexit
import itertools
import os
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol
from weakref import WeakValueDictionary

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Span, Tracer

from groundwire import attributes, diagnostics, endings, inheritance
from groundwire.closed_book import ClosedBookCalls
from groundwire.diagnostics import trouble, warn_once
from groundwire.export import Exporter, Transport
from groundwire.outbox import Outbox, QueuedSpan
from groundwire.processor import Processor
from groundwire.settings import SdkSettings, configured, load
from groundwire.transport import HttpTransport
from groundwire.turns import tag_attributes


class Unfinished(Protocol):
    """A stream that may still be open when the process ends."""

    def end_early(self) -> None:
        """End the span with what has arrived; no effect on an ended one."""


class Client:
    """One active configuration; threads start with the first span."""

    def __init__(
        self,
        settings: SdkSettings,
        *,
        transport: Transport | None = None,
        id_generator: IdGenerator | None = None,
        clock: Any = None,
        join: bool = True,
    ) -> None:
        self.settings = settings
        if transport is None:
            transport = HttpTransport(
                settings.endpoint,
                api_key=settings.api_key,
                timeout=settings.export_timeout,
                environ=os.environ,
            )
        self._transport: Transport = transport
        self._ids = id_generator
        self._clock = clock
        self._join = join
        self.tags = tag_attributes(
            {
                "model_version": settings.model_version,
                "prompt_version": settings.prompt_version,
                "index_version": settings.index_version,
                "adapter": settings.adapter,
                "release": settings.release,
            }
        )
        if settings.sample_rate < 1:
            self.tags[attributes.SAMPLING_PROBABILITY] = settings.sample_rate
        self.outbox = Outbox(
            self._send,
            max_bytes=settings.max_queue_mb * 1024 * 1024,
            interval=settings.export_interval,
        )
        self.exporter = Exporter(settings, self._transport)
        self.processor = Processor(
            self.outbox, settings.also_export, settings.exit_timeout, self._end_streams
        )
        self._patience = endings.LONGEST_SECONDS  # with the collector, once a server is stopping
        self._numbers = itertools.count()
        self._streams: WeakValueDictionary[int, Unfinished] = WeakValueDictionary()
        self.closed_book_calls = ClosedBookCalls()
        # Now and not with the first span: it imports modules, and a fork during an import would
        # leave the child with a module that is locked for ever.
        service = settings.service
        self._resource = Resource.create({attributes.SERVICE_NAME: service} if service else {})
        self._lock = threading.Lock()
        self._tracer: Tracer | None = None  # of this process
        self._made: Tracer | None = None

    def _send(self, items: Sequence[Any]) -> Any:
        return self.exporter.send(items)

    # ------------------------------------------------------------------ spans

    def start_span(self, name: str, context: Context) -> Span:
        """Start a span of ours as a child of whatever `context` holds."""
        tracer = self._tracer or self._start()
        if self._clock is None:
            return tracer.start_span(name, context)
        return tracer.start_span(name, context, start_time=self._clock())

    def finish(self, observation: QueuedSpan, live: Span) -> None:
        """End the live span; the processor takes the observation along with it."""
        held = self.processor.held
        key = live.get_span_context().span_id
        held[key] = observation
        try:
            live.end(self._clock() if self._clock is not None else None)
        finally:
            held.pop(key, None)  # still there if the provider has been shut down
        if endings.ending():
            self._hasten()

    def follow(self, stream: Unfinished) -> None:
        """Take note of an open stream: one that is half read when the process ends is sent."""
        self._streams[next(self._numbers)] = stream

    def _end_streams(self) -> None:
        """The innermost first: a turn ends after its generation."""
        for _, stream in sorted(self._streams.items(), reverse=True):
            stream.end_early()

    def _hasten(self) -> None:
        """Send now what a stopping server recorded last; given up when one is not sent."""
        if self._patience > 0:
            began = time.monotonic()
            sent = self.outbox.flush(min(self._patience, self.settings.exit_timeout))
            self._patience -= time.monotonic() - began if sent else self._patience

    def _start(self) -> Tracer:
        endings.hook_child(_at_exit)
        with self._lock:
            if self._made is None:
                self._made = self._provider().get_tracer(attributes.SCOPE)
            self._tracer = self._made
            return self._tracer

    def _provider(self) -> trace.TracerProvider:
        existing = trace.get_tracer_provider()
        # The proxy that stands for "none yet" cannot be joined; logfire's and others' own can.
        add = getattr(existing, "add_span_processor", None)
        if self._join and add is not None:
            add(self.processor)
            return existing
        provider = TracerProvider(
            sampler=_sampler(self.settings.sample_rate),
            resource=self._resource,
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self.processor)
        return provider

    # ------------------------------------------------------------------ life

    def flush(self, timeout: float) -> bool:
        """Send everything recorded so far, pending closed-book calls included."""
        deadline = time.monotonic() + timeout
        done = self.closed_book_calls.drain(timeout)
        return self.outbox.flush(max(0.0, deadline - time.monotonic())) and done

    def close(self) -> None:
        """Deliver what can be delivered within the exit timeout; later spans are dropped."""
        self.processor.shutdown()

    def after_fork(self) -> None:
        """Restart in a forked child; the queued spans belong to the parent."""
        self._lock = threading.Lock()
        self._tracer = None
        self._streams.clear()
        self.processor.held.clear()
        self.outbox.reset()
        self.outbox.exported = self.outbox.dropped = self.outbox.failed = 0
        self.closed_book_calls = ClosedBookCalls()


def _sampler(rate: float) -> Sampler | None:
    """Ours records every turn, whatever a caller's tracing sampled; None: `OTEL_TRACES_SAMPLER`."""
    if rate < 1:
        return ParentBased(TraceIdRatioBased(rate))
    return None if os.environ.get("OTEL_TRACES_SAMPLER") else ALWAYS_ON


_client: Client | None = None
_environment_read = False
_lock = threading.Lock()


def active() -> Client | None:
    """The running client; from the environment alone if `gw.init` was not called."""
    if _client is not None:
        return None if _client.settings.disabled else _client
    return None if _environment_read else _from_environment()


def _from_environment() -> Client | None:
    global _environment_read
    with _lock:
        if _client is not None or _environment_read:
            return _client
        _environment_read = True
    options = inheritance.inherited()
    if options is None and not configured():
        warn_once("silent", "neither gw.init() nor GROUNDWIRE_ENDPOINT: nothing is recorded")
        return None
    install(Client(load(options or {})))
    return active()


def install(new: Client | None) -> Client | None:
    """Make `new` the running client; returns the one before, which is not closed."""
    global _client
    with _lock:
        old, _client = _client, new
    if new is not None:
        endings.hook(_at_exit, _at_stop)
    return old


def initialise(**options: Any) -> None:
    """`gw.init`: a second call replaces the first, which delivers what it has."""
    diagnostics.reset()
    inheritance.bequeath(options)
    old = install(Client(load(options)))
    if old is not None:
        old.close()


def flush(timeout: float = 5.0) -> bool:
    """`gw.flush`."""
    try:
        return _client.flush(timeout) if _client is not None else True
    except Exception as error:
        trouble("flush", error)
        return False


def stats() -> dict[str, int]:
    """`gw.stats`."""
    box = _client.outbox if _client is not None else None
    closed_book_calls = _client.closed_book_calls if _client is not None else None
    return {
        "exported": box.exported if box else 0,
        "dropped": box.dropped if box else 0,
        "failed": box.failed if box else 0,
        "waiting": box.waiting if box else 0,
        "redaction_failures": _client.exporter.redaction_failures if _client is not None else 0,
        "closed_book_calls": closed_book_calls.called if closed_book_calls else 0,
        "closed_book_skipped": closed_book_calls.skipped if closed_book_calls else 0,
        "errors": diagnostics.error_count(),
    }


def _at_exit() -> None:
    if _client is not None:
        try:
            _client.close()
        except Exception as error:
            trouble("exit", error)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    if _client is not None:
        diagnostics.reset()
        _client.after_fork()
    endings.forked_child()


def _at_stop() -> None:
    flush(endings.LONGEST_SECONDS)


def _before_fork() -> None:
    endings.prepare_fork(_at_exit)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=endings.forked, after_in_child=_after_fork
    )
if configured():  # the first span may come in a thread, which cannot handle signals
    endings.hook(_at_exit, _at_stop)
