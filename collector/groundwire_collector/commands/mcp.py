"""`groundwire mcp`: serve a collector's findings to assistants."""

import os
from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.assistant.api_client import ApiClient
from groundwire_collector.assistant.server import mcp_server
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import KEY_FILE


def mcp(
    url: Annotated[
        str, typer.Option(help="Base URL of the collector.", envvar="GROUNDWIRE_ENDPOINT")
    ] = "http://127.0.0.1:4318",
    http: Annotated[
        bool,
        typer.Option(
            "--http", help="Serve Streamable HTTP at /mcp, not standard input and output."
        ),
    ] = False,
    host: Annotated[str, typer.Option(help="Address to listen on, with --http.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port, with --http.")] = 4320,
    data_dir: Annotated[
        Path, typer.Option(help="Data folder of a collector on this machine, for its key.")
    ] = Path("groundwire-data"),
) -> None:
    """Serve alarms, worst turns and estimates to assistants (Model Context Protocol).

    Read-only: the tools send GET requests to the collector's API. Over standard input and output
    the key is GROUNDWIRE_API_KEY, or that of the data folder; a key with the scope read is enough.
    With --http every caller sends a key of the collector as Authorization: Bearer, and reads what
    that key may read.

    Configuration of an assistant:

    {"mcpServers": {"groundwire": {"command": "groundwire", "args": ["mcp"],
    "env": {"GROUNDWIRE_API_KEY": "gw_..."}}}}
    """
    if http:
        server = mcp_server(ApiClient(url, None))
        server.run("streamable-http", host=host, port=port, stateless_http=True, json_response=True)
        return
    mcp_server(ApiClient(url, _key(data_dir))).run("stdio")


def _key(data_dir: Path) -> str:
    if key := os.environ.get("GROUNDWIRE_API_KEY"):
        return key
    try:
        return (data_dir / KEY_FILE).read_text(encoding="utf-8").strip()
    except OSError:
        raise UsageError(
            "no key: set GROUNDWIRE_API_KEY (`groundwire keys add assistant --scope read`)"
        ) from None
