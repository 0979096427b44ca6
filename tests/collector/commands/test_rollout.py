"""`groundwire rollout` against a collector: announced, refused, or nobody there."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from typer.testing import CliRunner

from groundwire_collector.app import create_app
from groundwire_collector.cli import application
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys, rollouts
from groundwire_collector.storage.keys import Scope


@pytest.fixture
def collector(tmp_path, monkeypatch) -> Iterator[tuple[str, object]]:
    """A collector that listens, with its address and its database."""
    app = create_app(Settings(data_dir=tmp_path / "data"))
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "ci", [Scope.INGEST], ["bot"])
    monkeypatch.setenv("GROUNDWIRE_API_KEY", key)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", app.state.engine
    server.should_exit = True
    thread.join()
    listening.close()
    app.state.engine.dispose()


def run(url: str, *arguments: str):
    command = ["rollout", "--service", "bot", "--url", url, *arguments]
    return CliRunner().invoke(application("rollout"), command, catch_exceptions=False)


def test_versions_and_the_training_time_are_announced(collector):
    url, engine = collector
    done = run(url, "--model-version", "ft-2", "--release", "4f1c", "--trained-at", "2026-11-01")
    printed = json.loads(done.output)["rollouts"]
    assert {each["dimension"]: each["value"] for each in printed} == {
        "model_version": "ft-2",
        "release": "4f1c",
    }
    with engine.connect() as connection:
        assert set(rollouts.trained(connection)) == {("bot", "ft-2")}
        [model] = [r for r in rollouts.newest(connection) if r.dimension == "model_version"]
    assert model.announced_by == "ci"


def test_what_the_collector_refuses_is_an_error(collector):
    url, _ = collector
    with pytest.raises(UsageError, match="Give at least one of --model-version"):
        run(url)
    with pytest.raises(UsageError, match="403"):
        CliRunner().invoke(
            application("rollout"),
            ["rollout", "--service", "shop", "--url", url, "--release", "1"],
            catch_exceptions=False,
        )
    with pytest.raises(UsageError, match="--trained-at: 'soon' is not a time"):
        run(url, "--model-version", "ft-2", "--trained-at", "soon")


def test_without_a_collector_or_a_key_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("GROUNDWIRE_API_KEY", raising=False)
    with pytest.raises(UsageError, match="groundwire keys add"):
        run("http://127.0.0.1:9", "--release", "1", "--data-dir", str(tmp_path))
    monkeypatch.setenv("GROUNDWIRE_API_KEY", "gw_x")
    with pytest.raises(UsageError, match="no answer from the collector"):
        run("http://127.0.0.1:9", "--release", "1")
