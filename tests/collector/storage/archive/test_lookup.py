"""A turn and labels that only the archive has are found by id, page, API and export."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert
from starlette.testclient import TestClient
from tests.aged_store import NOW
from tests.collector.storage.archive.test_archive import judged, store
from typer.testing import CliRunner

from groundwire_collector.app import create_app
from groundwire_collector.commands.labels import labels as command
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.lookup import find_labels, find_turn
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.retention import expire
from groundwire_collector.storage.tables.labels import LABEL

HEADERS = {"Authorization": "Bearer gw_all"}
OTHERS = {"Authorization": "Bearer gw_other"}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"archive_url": str(tmp_path / "archive")})


@pytest.fixture
def archive(engine: Engine, settings: Settings) -> Archive:
    """Two turns and a label of forty days ago, archived and deleted."""
    store(engine, judged(1, days_ago=40), judged(2, days_ago=40))
    with engine.begin() as connection:
        label = {"turn_id": judged(1).turn.id, "service": "shop", "labeller": "jo"}
        connection.execute(insert(LABEL).values(**label, labelled_ns=NOW, verdict="unsupported"))
        keys.add(connection, "gw_all", "all", [Scope.READ], None)
        keys.add(connection, "gw_other", "other", [Scope.READ], ["another"])
    archive = Archive.open(engine, settings)
    assert expire(engine, settings, NOW, archive.complete).turns == 2
    return archive


def test_a_turn_is_found_by_its_id(archive: Archive) -> None:
    assert find_turn(archive.location, judged(2).turn.id) == judged(2, days_ago=40)
    assert find_turn(archive.location, "nobody") is None


def test_labels_are_found_by_service(archive: Archive) -> None:
    [label] = find_labels(archive.location, "shop")
    assert (label.turn_id, label.labeller, label.verdict) == (
        judged(1).turn.id,
        "jo",
        "unsupported",
    )
    assert find_labels(archive.location, "another") == []


def test_api_and_page_show_it_to_a_key_that_may_read_its_service(
    archive: Archive, settings: Settings
) -> None:
    turn_id = judged(1).turn.id
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        found = client.get(f"/api/v1/turns/{turn_id}", headers=HEADERS)
        assert found.json()["answer"] == judged(1).turn.answer
        assert client.get(f"/turns/{turn_id}", headers=HEADERS).status_code == 200
        assert client.get(f"/api/v1/turns/{turn_id}", headers=OTHERS).status_code == 404
        assert client.get(f"/turns/{turn_id}", headers=OTHERS).status_code == 404


def test_labels_export_has_archived_ones_with_their_texts(
    archive: Archive, settings: Settings
) -> None:
    options = ["--data-dir", str(settings.data_dir), "--with-text"]
    if settings.database_url:
        options += ["--database-url", settings.database_url]
    environment = {"GROUNDWIRE_ARCHIVE_URL": settings.archive_url}
    found = CliRunner().invoke(command, ["export", *options], env=environment)
    assert found.exit_code == 0, found.output
    [record] = [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]
    assert record["verdict"] == "unsupported"
    assert record["contexts"] == ["Refunds take 14 days."]
