"""Receiver process: OTLP over HTTP and, with the extra, gRPC."""

import importlib.util
import socket
from multiprocessing.synchronize import Event
from typing import Any

import uvicorn
from fastapi import FastAPI

from groundwire_collector.app import create_app
from groundwire_collector.errors import UsageError
from groundwire_collector.processes import gc_tuning
from groundwire_collector.receiver.connections import (
    bounded_protocol,
    most_connections,
    raise_descriptor_limit,
)
from groundwire_collector.receiver_metrics import Restarts
from groundwire_collector.settings import KEY_FILE, Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.start_errors import explained

DRAIN_SECONDS = 10


def serve(
    settings: Settings, restarts: Restarts | None = None, listening: Event | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then drain and end.

    The first key is made once it listens, and printed when it was generated. `restarts` are what
    the supervisor counts of the other processes, for the metrics; `listening` tells it.
    Raises UsageError where a port is taken or the database cannot be used.
    """
    _check_free(settings.host, settings.port, "port")
    if importlib.util.find_spec("grpc") is not None:
        _check_free(settings.host, settings.grpc_port, "grpc_port")
    connections = most_connections(raise_descriptor_limit())
    with explained(settings):
        app = create_app(settings)
    app.state.intake.watch_restarts(restarts or {})
    gc_tuning.settle()
    Server(app, settings, connections, listening).run()


class Server(uvicorn.Server):
    """uvicorn server with an additional gRPC listener."""

    def __init__(
        self,
        app: FastAPI,
        settings: Settings,
        connections: int,
        listening: Event | None = None,
    ) -> None:
        super().__init__(_configuration(app, settings, connections))
        self.connections = connections
        self._on_listening = listening
        self.application = app
        self.settings = settings
        self._listener: Any = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and importlib.util.find_spec("grpc") is not None:
            await self._listen_grpc()
        if self.started:  # nobody is answered before this coroutine ends
            self._print_first_lines()
            if self._on_listening is not None:
                self._on_listening.set()

    async def _listen_grpc(self) -> None:
        """Listen for gRPC too; UsageError where its port was taken meanwhile."""
        from groundwire_collector.receiver import grpc  # the extra [grpc]

        state = self.application.state
        try:
            self._listener = await grpc.start(self.settings, state.reception, state.door)
        except BaseException:
            await super().shutdown()  # uvloop waits for ever for a socket that is left open
            raise

    def _print_first_lines(self) -> None:
        """Print the generated key, or where it is kept, and the connection limit."""
        key = keys.first_key(self.settings, self.application.state.engine)
        path = self.settings.data_dir / KEY_FILE
        if key is not None and self.settings.api_key is None:
            print(f"API key (stored in {path}): {key}", flush=True)
        elif path.exists():
            print(f"API key: the initial one is stored in {path}", flush=True)
        print(f"At most {self.connections} connections at a time (file descriptors).", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._listener is not None:
            await self._listener.stop(DRAIN_SECONDS)
        await super().shutdown(sockets)


def _check_free(host: str, port: int, setting: str) -> None:
    """UsageError where another program listens there already, or this one may not."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, number, _, address in found:
            with socket.socket(family, kind, number) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}, port {port} ({error.strerror}): stop what listens there,"
            f" or set another {setting}"
        ) from None


def _configuration(app: FastAPI, settings: Settings, connections: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded_protocol(connections),
        ws="none",
        access_log=False,
        log_level="warning",
        log_config=None,
        server_header=False,
        proxy_headers=False,  # rate-limit keys by connection address, not by header
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
