"""Every test of the store runs on SQLite and on a real PostgreSQL, thrown away afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from tests.model_server import ChatServer, serving

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine

_numbers = count()


@dataclass
class Cluster:
    """A PostgreSQL of its own on a free loopback port; `stop` is what a power cut leaves."""

    folder: Path
    port: int

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -F"
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def init(self) -> None:
        self._run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> None:
        url = self.url("postgres").replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())

    def _run(self, program: str, *arguments: str) -> None:
        binary = max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_postgres, str(binary), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="groundwire-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder, _free_port())
    made.init()
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder)


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = None
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        name = f"test_{next(_numbers)}"
        cluster.create(name)
        url = cluster.url(name)
    return Settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    opened = open_engine(settings)
    make_schema(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """An OpenAI-compatible endpoint that misbehaves as it is told."""
    with serving() as told:
        yield told
