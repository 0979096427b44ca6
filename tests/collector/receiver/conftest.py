"""A receiver in this process, behind its gate, on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import first_key

KEY = "gw_test"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", api_key=KEY)


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    app = create_app(settings)
    first_key(settings, app.state.engine)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, headers={"Authorization": f"Bearer {KEY}"}) as client:
        yield client
