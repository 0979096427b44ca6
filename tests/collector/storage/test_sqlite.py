"""The file behind SQLite: replaced, gone, or held by a reader that does not end."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING, make_schema, open_engine
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_collector.storage.sqlite import SqliteEngine

TEXT = "Refunds are paid within fourteen days of the return. " * 8
LONGEST_WAL = 2**20


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", max_wal_bytes=LONGEST_WAL)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    opened = open_engine(settings)
    make_schema(opened)
    yield opened
    opened.dispose()


def a_span(trace: int) -> Span:
    return Span(trace_id=f"{trace:032x}", span_id=f"{1:016x}", attributes={"text": TEXT})


def texts(engine: Engine, *traces: int) -> list[object]:
    names = [f"{trace:032x}" for trace in traces]
    with engine.connect() as connection:
        found = spans_of(connection, names)
    return [found[name][0].attributes["text"] if found[name] else None for name in names]


def copy(settings: Settings, path: Path) -> Path:
    with sqlite3.connect(settings.sqlite_path) as connection:
        connection.execute("VACUUM INTO ?", [str(path)])
    return path


def test_a_backup_that_is_put_in_its_place_is_what_is_written_from_then_on(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    store = SpanStore(engine)
    backup = copy(settings, tmp_path / "backup")
    store.add([a_span(1)])
    for file in settings.data_dir.glob("groundwire.db*"):
        file.unlink()
    shutil.move(backup, settings.sqlite_path)
    # The text of span 1 is not in the backup, though this store has written it before.
    store.add([a_span(2)])
    assert texts(engine, 1, 2) == [None, TEXT]


def test_a_file_that_is_gone_is_an_outage_and_no_empty_database(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    store = SpanStore(engine)
    store.add([a_span(1)])
    elsewhere = settings.data_dir.rename(tmp_path / "elsewhere")
    settings.data_dir.mkdir()
    for _ in range(2):
        with pytest.raises(PASSING):
            store.add([a_span(2)])
    assert list(settings.data_dir.iterdir()) == []
    settings.data_dir.rmdir()
    elsewhere.rename(settings.data_dir)
    store.add([a_span(2)])
    assert texts(engine, 1, 2) == [TEXT, TEXT]


def test_a_reader_that_does_not_end_cannot_make_the_wal_longer_than_it_may_be(
    settings: Settings, engine: Engine
) -> None:
    store, wal = SpanStore(engine), Path(f"{settings.sqlite_path}-wal")
    stored: list[int] = []

    def write_on() -> None:
        for step in range(1, 10_000):
            store.add([a_span(step)])
            stored.append(step)

    with sqlite3.connect(settings.sqlite_path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM span").fetchone()
        with pytest.raises(StorageUnavailableError):
            write_on()
        longest = wal.stat().st_size
        for _ in range(3):
            with pytest.raises(StorageUnavailableError):
                store.add([a_span(len(stored) + 1)])
        assert LONGEST_WAL < wal.stat().st_size == longest < LONGEST_WAL + 2**18
        assert set(texts(engine, *stored)) == {TEXT}  # readers are not kept waiting
        reader.execute("ROLLBACK")
    store.add([a_span(len(stored) + 1)])
    assert wal.stat().st_size < LONGEST_WAL
    assert set(texts(engine, *stored, len(stored) + 1)) == {TEXT}


@pytest.mark.parametrize(("before", "after"), [(0o644, 0o640), (0o666, 0o660), (0o600, 0o600)])
def test_a_file_that_others_could_read_is_taken_from_them(
    settings: Settings, before: int, after: int
) -> None:
    settings.data_dir.mkdir()
    for name in ("", "-wal", "-shm"):
        path = settings.sqlite_path.with_name(settings.sqlite_path.name + name)
        path.touch()
        path.chmod(before)
    opened = open_engine(settings)
    with opened.connect():
        assert {path.stat().st_mode & 0o777 for path in settings.data_dir.iterdir()} == {after}
    opened.dispose()


def test_new_files_are_for_their_owner_alone_though_the_folder_is_open(settings: Settings) -> None:
    settings.data_dir.mkdir(mode=0o755)
    before = os.umask(0o022)
    opened = open_engine(settings)
    try:
        make_schema(opened)
        with opened.begin() as connection:
            connection.exec_driver_sql("DELETE FROM turn")
            modes = {path.name: path.stat().st_mode & 0o777 for path in settings.data_dir.iterdir()}
    finally:
        os.umask(before)
        opened.dispose()
    assert {f"{settings.sqlite_path.name}{end}" for end in ("", "-wal", "-shm")} <= modes.keys()
    assert set(modes.values()) == {0o600}


def open_files(settings: Settings) -> list[str]:
    """The database's files that this process holds open."""
    descriptors = Path("/proc/self/fd").iterdir()
    found = [os.readlink(each) for each in descriptors if each.is_symlink()]
    return [path for path in found if path.startswith(str(settings.sqlite_path))]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without garbage collection: a server's may come after minutes."""
    gc.disable()
    yield
    gc.enable()


def write_to_a_broken_disk(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA query_only=ON")  # SQLITE_READONLY
        connection.exec_driver_sql("DELETE FROM turn")


@pytest.mark.usefixtures("uncollected")
def test_a_failed_write_to_a_lost_file_leaves_no_file_open(
    settings: Settings, engine: Engine
) -> None:
    with pytest.raises(OperationalError) as caught:
        write_to_a_broken_disk(engine)
    assert caught.value.connection_invalidated
    assert open_files(settings) == []


@pytest.mark.usefixtures("uncollected")
def test_a_connection_in_use_while_the_file_is_lost_is_closed_when_it_is_returned(
    settings: Settings, engine: Engine
) -> None:
    connection = engine.connect()
    connection.exec_driver_sql("SELECT count(*) FROM turn").scalar_one()
    engine.dispose()
    assert open_files(settings)
    connection.close()
    assert open_files(settings) == []


def test_only_deletions_in_the_background_are_committed_without_a_sync(engine: Engine) -> None:
    def synchronous() -> int:
        with engine.connect() as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert isinstance(engine, SqliteEngine)
    with engine.begin_unsynced() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 1
    assert synchronous() == 2
    with pytest.raises(OperationalError), engine.begin_unsynced() as connection:
        connection.exec_driver_sql("DELETE FROM nothing")
    assert synchronous() == 2
