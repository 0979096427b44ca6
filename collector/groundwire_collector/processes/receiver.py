"""Receiver process: OTLP over HTTP and gRPC until stopped."""

import importlib.util
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from groundwire_collector.app import create_app, is_loopback
from groundwire_collector.errors import UsageError
from groundwire_collector.processes import gc_tuning
from groundwire_collector.receiver_metrics import Restarts
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys

DRAIN_SECONDS = 10


def serve(settings: Settings, restarts: Restarts | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then answer what was asked before, and end.

    The first key is made here, and printed when it was generated. `restarts` are what the
    supervisor counts of the other processes, for the metrics.
    Raises UsageError when it would listen beyond this machine and there is no key.
    """
    app = create_app(settings)
    key = keys.first_key(settings, app.state.engine)
    if key is not None and settings.api_key is None:
        print(f"API key (kept in {settings.data_dir / keys.KEY_FILE}): {key}", flush=True)
    if not is_loopback(settings.host):
        with app.state.engine.connect() as connection:
            if not keys.accesses(connection):
                raise UsageError(f"No key is there yet: not listening on {settings.host}.")
    app.state.intake.watch_restarts(restarts or {})
    gc_tuning.settle()
    Server(app, settings).run()


class Server(uvicorn.Server):
    """uvicorn server with a gRPC listener, drained together."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        super().__init__(_configuration(app, settings))
        self.application = app
        self.settings = settings
        self._listener: Any = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and importlib.util.find_spec("grpc") is not None:
            from groundwire_collector.receiver import grpc  # the extra [grpc]

            state = self.application.state
            self._listener = await grpc.start(self.settings, state.reception, state.door)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._listener is not None:
            await self._listener.stop(DRAIN_SECONDS)
        await super().shutdown(sockets)


def _configuration(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
        proxy_headers=False,  # who may guess keys is told by the connection, not by what it says
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
