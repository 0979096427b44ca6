"""PostgreSQL behind the engine: nothing waits for ever, neither for a lock nor for the network."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from groundwire_collector.errors import DatabaseUnusableError
from groundwire_collector.storage.text_cleaning import clean_statements, to_json

LOCK_SECONDS = 5.0  # as SQLite's busy timeout: then clients are told to come again
# What libpq is asked for, unless the URL asks for something else.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # milliseconds that what was sent may stay unacknowledged
}


def open_postgresql(url: str) -> Engine:
    """An engine whose statements fail, with what passes, where they would wait too long."""
    try:
        given = make_url(url).query
        make_url(url).get_dialect()
    except SQLAlchemyError:
        form = "postgresql+psycopg://USER@HOST/DATABASE"
        raise DatabaseUnusableError(
            f"database_url is not the address of a database: {form}"
        ) from None
    patience = {name: value for name, value in PATIENCE.items() if name not in given}
    engine = create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=patience,
        json_serializer=to_json,
    )
    clean_statements(engine)
    event.listen(engine, "connect", _limit_waiting)
    return engine


def wait_for_locks(connection: Connection) -> None:
    """Let this one transaction wait as long as it takes: another changes the schema."""
    connection.execute(text("SET LOCAL lock_timeout = 0"))


def _limit_waiting(connection: Any, _record: object) -> None:
    connection.autocommit = True  # for the session, not for a transaction that may roll back
    connection.execute(f"SET lock_timeout = {int(LOCK_SECONDS * 1000)}")
    connection.autocommit = False
