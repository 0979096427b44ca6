"""The receiver's application: OTLP, the API, the pages, health and metrics behind one gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address

from fastapi import FastAPI

from groundwire_collector import __version__, health, pages
from groundwire_collector.gate import Gate
from groundwire_collector.intake import Intake
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.problems import add_problem_handlers
from groundwire_collector.receiver.endpoint import Receiver
from groundwire_collector.receiver.writer import Writer
from groundwire_collector.routes import alarms, metrics, turns
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.spans import SpanStore


def create_app(settings: Settings) -> FastAPI:
    """The application over the database of the settings; its state belongs to it alone."""
    engine = open_engine(settings)
    make_schema(engine)
    intake = Intake()
    writer = Writer(SpanStore(engine), intake)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        writer.stop()
        engine.dispose()

    app = FastAPI(title="Groundwire", version=__version__, lifespan=lifespan)
    app.state.settings = settings
    app.state.engine = engine
    app.state.writer = writer
    app.state.exposition = Exposition(
        engine, intake.registry, judging=bool(settings.evaluator_names)
    )
    add_problem_handlers(app)
    for router in (health.router, metrics.router, turns.router, alarms.router, *pages.ROUTERS):
        app.include_router(router)
    # The last added is the outermost: the gate, then OTLP, then the routes.
    app.add_middleware(Receiver, settings=settings, writer=writer, intake=intake)
    app.add_middleware(Gate, engine=engine, open_metrics=_metrics_are_open(settings))
    return app


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _metrics_are_open(settings: Settings) -> bool:
    if settings.open_metrics is not None:
        return settings.open_metrics
    return is_loopback(settings.host)
