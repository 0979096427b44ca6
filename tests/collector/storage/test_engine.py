from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.tables.spans import STORE_FACT


def put(connection: object, name: str) -> None:
    connection.execute(insert(STORE_FACT).values(name=name, value=b""))  # type: ignore[attr-defined]


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(connection.scalars(select(STORE_FACT.c.name)))


def test_a_transaction_that_fails_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with engine.begin() as connection:
            put(connection, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(engine) == []


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_work_too_early(engine: Engine) -> None:
    with engine.begin() as writer:
        put(writer, "a")
        assert names(engine) == []
    assert names(engine) == ["a"]


def test_a_reader_keeps_its_moment_and_holds_up_no_writer(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    with engine.connect() as reader:
        query = select(STORE_FACT.c.name)
        assert reader.scalars(query).all() == []
        with engine.begin() as writer:
            put(writer, "a")
        assert reader.scalars(query).all() == []
    assert names(engine) == ["a"]
    engine.dispose()


def test_a_transaction_that_reads_first_may_write_later(engine: Engine) -> None:
    with engine.begin() as first:
        assert first.scalars(select(STORE_FACT.c.name)).all() == []
        put(first, "a")
    assert names(engine) == ["a"]


def test_a_size_to_keep_to_is_refused_where_it_would_do_nothing(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url="postgresql+psycopg://h/d", retention_bytes=1
    )
    with pytest.raises(UsageError, match="retention_bytes"):
        open_engine(settings)
