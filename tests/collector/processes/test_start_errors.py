"""A collector that cannot start says in one line what to do, and shows no key."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.postgresql import Cluster

COMMAND = "from groundwire_collector.cli import main; main()"


def failed_start(folder: Path, *flags: str, **settings: str) -> str:
    """What `groundwire up` prints before it ends by itself."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    ports = {"--port": str(free_port()), "--grpc-port": str(free_port())}
    ports |= dict(zip(flags[::2], flags[1::2], strict=True))
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "up", "--data-dir", str(folder), *sum(ports.items(), ())],
        env=environment | {f"GROUNDWIRE_{k.upper()}": v for k, v in settings.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "gw_" not in done.stdout
    (line,) = done.stdout.strip().splitlines()
    return line


@pytest.mark.parametrize("setting", ["port", "grpc_port"])
def test_a_taken_port_is_named_with_the_setting_to_change(tmp_path: Path, setting: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        line = failed_start(tmp_path, f"--{setting.replace('_', '-')}", port)
    assert f"port {port}" in line
    assert line.endswith(f"another {setting}")


def test_a_key_that_nobody_saw_is_shown_by_the_start_that_succeeds(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        failed_start(tmp_path, "--port", str(other.getsockname()[1]))
    assert not (tmp_path / "api-key").exists()


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    line = failed_start(tmp_path, retention_days="-5")
    assert "retention_days" in line
    assert "docs/reference/settings.md" in line


def damaged(data: bytes) -> list[bytes]:
    half = len(data) // 2
    return [os.urandom(9000), data[:100] + bytes(half) + data[100 + half :], data[:half]]


def a_database(folder: Path) -> bytes:
    from groundwire_collector.settings import Settings
    from groundwire_collector.storage.engine import make_schema, open_engine

    settings = Settings(data_dir=folder)
    engine = open_engine(settings)
    make_schema(engine)
    engine.dispose()
    return settings.sqlite_path.read_bytes()


@pytest.mark.parametrize("case", range(3))
def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path, case: int) -> None:
    data = damaged(a_database(tmp_path / "good"))[case]
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "groundwire.db").write_bytes(data)
    line = failed_start(tmp_path / "bad")
    assert str(tmp_path / "bad" / "groundwire.db") in line
    assert "restore a copy" in line


@pytest.mark.needs("postgresql")
def test_a_role_that_does_not_exist_is_named_without_its_password(
    tmp_path: Path, cluster: Cluster
) -> None:
    cluster.create("start_errors")
    user, _, rest = cluster.url("start_errors").partition("@")
    line = failed_start(tmp_path, database_url=f"{user.rsplit('//')[0]}//nobody:hunter22@{rest}")
    assert "nobody" in line
    assert "hunter22" not in line
    assert "database_url" in line


@pytest.mark.parametrize("url", ["nonsense", "nosuch://a/b"])
def test_an_invalid_address_is_reported(tmp_path: Path, url: str) -> None:
    assert "database_url" in failed_start(tmp_path, database_url=url)
