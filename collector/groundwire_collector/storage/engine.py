"""Opening the database: SQLite in the data folder by default, PostgreSQL by URL."""

from sqlalchemy import Engine, create_engine, event
from sqlmodel import SQLModel

from groundwire_collector.settings import Settings
from groundwire_collector.storage import tables

BUSY_SECONDS = 5.0


def open_engine(settings: Settings) -> Engine:
    """An engine on the database of the settings; the schema is made where it is missing."""
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(settings.sqlalchemy_url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def make_schema(engine: Engine) -> None:
    assert tables  # registers every table
    SQLModel.metadata.create_all(engine)


def _prepare_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    connection.isolation_level = None
    for pragma in (
        "auto_vacuum=INCREMENTAL",
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={int(BUSY_SECONDS * 1000)}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection) -> None:  # type: ignore[no-untyped-def]
    connection.exec_driver_sql("BEGIN")
