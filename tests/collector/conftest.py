"""Every test of the store runs on SQLite and on a real PostgreSQL, thrown away afterwards."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.model_server import ChatServer, serving
from tests.postgresql import Cluster

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine

_numbers = count()

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
    with serving() as reported:
        yield reported
