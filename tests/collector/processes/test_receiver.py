"""A receiver that cannot listen ends, so that what watches it learns of it."""

import socket
import threading
from pathlib import Path

import pytest
from tests.ports import free_port

from groundwire_collector.app import create_app
from groundwire_collector.errors import UsageError
from groundwire_collector.processes.receiver import Server
from groundwire_collector.settings import Settings


def test_a_grpc_port_taken_meanwhile_ends_the_receiver_and_frees_its_other_port(
    tmp_path: Path,
) -> None:
    pytest.importorskip("grpc")
    raised: list[UsageError] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        grpc_port = taken.getsockname()[1]
        settings = Settings(data_dir=tmp_path, port=free_port(), grpc_port=grpc_port)
        server = Server(create_app(settings), settings, connections=10)

        def run() -> None:
            try:
                server.run()
            except UsageError as error:
                raised.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
    assert [f":{grpc_port}" in str(error) for error in raised] == [True]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", settings.port), timeout=5)
