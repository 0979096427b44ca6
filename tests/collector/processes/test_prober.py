"""What the prober does follows from the settings, and nothing of it runs unless asked for."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
import pytest
from tests.ports import free_port

from groundwire_collector.errors import UsageError
from groundwire_collector.llm.prompts import prompting_of
from groundwire_collector.processes.prober import models_of, rounds
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import open_engine

COMMAND = "from groundwire_collector.cli import main; main()"


def settings(folder: Path, **more: Any) -> Settings:
    return Settings(data_dir=folder, probe_endpoint="http://127.0.0.1:9/v1", **more)


def test_nothing_is_asked_unless_an_endpoint_and_something_to_ask_are_given(
    tmp_path: Path,
) -> None:
    assert not Settings(data_dir=tmp_path).probes
    assert not Settings(data_dir=tmp_path, probe_models="m", closed_book_rate=0.5).probes
    assert not settings(tmp_path).probes
    assert settings(tmp_path, probe_models="m").probes
    assert settings(tmp_path, closed_book_rate=0.01).probes


def test_a_model_may_be_counted_under_another_name() -> None:
    assert models_of(" m-1 = 2026-11 , m-2,") == {"m-1": "2026-11", "m-2": "m-2"}


def test_the_models_are_asked_in_turn_beside_the_closed_book_calls(tmp_path: Path) -> None:
    made = settings(tmp_path, probe_models="a,b", closed_book_rate=0.1, probe_items=20)
    engine = open_engine(made)
    assert [len(steps) for steps in rounds(made, engine, Event())] == [1, 2]
    engine.dispose()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"probe_arms": "clean,sideways"}, "sideways"),
        ({"probe_pack": Path("missing.jsonl")}, "missing.jsonl"),
        ({"system_prompt": Path("only-one.txt")}, "belong together"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(
    tmp_path: Path, more: dict[str, Any], message: str
) -> None:
    made = settings(tmp_path, probe_models="a", **more)
    engine = open_engine(made)
    with pytest.raises(UsageError, match=message):
        rounds(made, engine, Event())
    engine.dispose()


def test_the_prompts_of_production_are_used(tmp_path: Path) -> None:
    for name in ("open.txt", "closed.txt"):
        (tmp_path / name).write_text(f"Prompt {name}")
    made = settings(
        tmp_path,
        probe_models="a",
        system_prompt=tmp_path / "open.txt",
        closed_book_prompt=tmp_path / "closed.txt",
    )
    prompting = prompting_of(made)
    assert (prompting.system, prompting.closed_book) == ("Prompt open.txt", "Prompt closed.txt")


def test_the_key_stands_in_no_text_of_the_settings(tmp_path: Path) -> None:
    assert "sk-secret" not in repr(settings(tmp_path, probe_api_key="sk-secret"))


def prober_of(up: subprocess.Popen[str], port: int) -> psutil.Process | None:
    """The child that has a connection to the endpoint at `port`."""
    for child in psutil.Process(up.pid).children():
        if any(each.raddr and each.raddr.port == port for each in child.net_connections()):
            return child
    return None


def test_a_prober_that_dies_takes_nothing_along_and_one_that_hangs_ends_with_the_rest(
    tmp_path: Path,
) -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections, and never answers
    port = silent.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    environment |= {
        "GROUNDWIRE_PROBE_ENDPOINT": f"http://127.0.0.1:{port}/v1",
        "GROUNDWIRE_PROBE_TIMEOUT_SECONDS": "2",
        "GROUNDWIRE_PROBE_MODELS": "m",
        "GROUNDWIRE_DATA_DIR": str(tmp_path),
        "GROUNDWIRE_PORT": str(free_port()),
        "GROUNDWIRE_GRPC_PORT": str(free_port()),
    }
    command = [sys.executable, "-c", COMMAND, "up"]
    with (
        silent,
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as up,
    ):
        assert up.stdout is not None
        assert any("ready" in line for line in up.stdout)
        deadline = time.monotonic() + 60
        while (prober := prober_of(up, port)) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert prober is not None
        prober.kill()
        with pytest.raises(subprocess.TimeoutExpired):
            up.wait(1)
        assert httpx.get(f"http://127.0.0.1:{environment['GROUNDWIRE_PORT']}/readyz").is_success
        up.send_signal(signal.SIGTERM)
        assert up.wait(30) == 0
