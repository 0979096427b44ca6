"""ASGI application: OTLP, API, pages, health and metrics behind authentication."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.types import ASGIApp

from groundwire_collector import __version__, metric_definitions
from groundwire_collector.auth.middleware import (
    Authenticator,
    AuthMiddleware,
    KeyCache,
    is_loopback,
)
from groundwire_collector.auth.proxy_users import ProxyUsers
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.receiver.endpoint import OtlpMiddleware
from groundwire_collector.receiver.otlp_service import OtlpService
from groundwire_collector.receiver.redaction import redaction_of
from groundwire_collector.receiver.writer import SpanWriter
from groundwire_collector.receiver_metrics import ReceiverMetrics
from groundwire_collector.responses.problem import add_problem_handlers
from groundwire_collector.settings import Settings
from groundwire_collector.storage.archiving import open_archive
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.retention_loop import keep_up
from groundwire_collector.storage.shared_texts import content_key
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.sqlite import SqliteEngine
from groundwire_collector.web import health, pages
from groundwire_collector.web.api import (
    alarms,
    baselines,
    compare,
    diagnosis,
    distributions,
    estimates,
    failed_traces,
    judge,
    labels,
    metrics,
    rollouts,
    sessions,
    training_files,
    turns,
    unanswered_traces,
    versions,
)
from groundwire_collector.web.middleware import WebMiddleware
from groundwire_collector.web.recent_results import RecentResults

# Later versions of FastAPI would trace every request where OpenTelemetry is configured: a
# collector must not report on the reports it gets.
NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False}


def create_app(settings: Settings) -> FastAPI:
    """Application over the database of the settings, without global state.

    Raises UsageError where a file that the settings name cannot be read.
    """
    compare.rules_of(settings)  # a margins file that cannot be read is an error at the start
    engine = open_engine(settings)
    make_schema(engine)
    intake = ReceiverMetrics()
    writer = SpanWriter(SpanStore(engine), intake)
    redaction = redaction_of(settings, content_key(engine))
    reception = OtlpService(settings, writer, intake, redaction)
    intake.watch(metric_definitions.PENDING_BYTES, lambda: reception.budget.held)
    if isinstance(engine, SqliteEngine):
        intake.watch(metric_definitions.WAL_BYTES, engine.file.wal_bytes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        upkeep = asyncio.create_task(keep_up(engine, settings))
        yield
        upkeep.cancel()
        writer.stop()
        engine.dispose()

    app = Application(
        title="Groundwire",
        version=__version__,
        lifespan=lifespan,
        telemetry=NO_TELEMETRY,
        docs_url=None,  # they load scripts from elsewhere; `pages/api.py` has ours
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.archive = open_archive(engine, settings)
    app.state.recent_estimates = RecentResults()
    app.state.intake = intake
    app.state.reception = reception
    app.state.open_metrics = _metrics_are_open(settings)
    app.state.door = Authenticator(KeyCache(engine), intake)
    app.state.proxy_users = ProxyUsers.of(settings)
    app.state.form_secret = content_key(engine)
    app.state.exposition = Exposition(
        engine, intake.registry, judging=bool(settings.evaluator_names)
    )
    add_problem_handlers(app)
    _add_routes(app)
    return app


class Application(FastAPI):
    """FastAPI behind authentication and OTLP middleware.

    Spans are most of the requests, and the middleware of the routes would cost them a tenth.
    """

    def build_middleware_stack(self) -> ASGIApp:
        state, routes = self.state, super().build_middleware_stack()
        receiver = OtlpMiddleware(routes, state.reception, state.settings.path_prefix)
        gate = AuthMiddleware(
            receiver,
            state.door,
            open_metrics=state.open_metrics,
            hosts=_hosts(state.settings),
            users=state.proxy_users,
        )
        return WebMiddleware(gate, state.settings.root_path)


def _add_routes(app: FastAPI) -> None:
    modules = (
        *(health, metrics, turns, sessions, failed_traces, unanswered_traces, diagnosis),
        *(alarms, baselines, distributions, rollouts, versions, compare, training_files),
        *(estimates, labels, judge),
    )
    for router in (*(module.router for module in modules), *pages.ROUTERS):
        app.include_router(router)


def _metrics_are_open(settings: Settings) -> bool:
    if settings.open_metrics is not None:
        return settings.open_metrics
    return is_loopback(settings.host)


def _hosts(settings: Settings) -> frozenset[str] | None:
    """Accepted Host names on loopback; None: any."""
    if settings.open_metrics is not None or not is_loopback(settings.host):
        return None
    public = urlsplit(settings.public_url or "").hostname
    return frozenset(filter(None, (settings.host, public)))
