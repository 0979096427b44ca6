"""Application and keys that tests of the API share."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from groundwire_collector.app import create_app
from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import Scope


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def heads(app) -> dict[str, dict[str, str]]:
    found = {}
    with app.state.engine.begin() as connection:
        for service in ("shop", "other"):
            key = keys.generate()
            keys.add(connection, key, service, [Scope.READ], [service])
            found[service] = {"Authorization": f"Bearer {key}"}
    return found
