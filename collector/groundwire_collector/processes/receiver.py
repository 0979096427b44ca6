"""The receiver process: one uvicorn server, until it is told to stop."""

import uvicorn

from groundwire_collector.app import create_app, is_loopback
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys

DRAIN_SECONDS = 10


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then answer what was asked before, and end.

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
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    uvicorn.Server(config).run()
