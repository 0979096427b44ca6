"""PostgreSQL engine with timeouts for locks, statements and network."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from groundwire_collector.errors import DatabaseUnusableError
from groundwire_collector.storage.text_cleaning import clean_statements, to_json

LOCK_SECONDS = 5.0  # like SQLite's busy timeout: then clients retry
# Defaults for libpq; parameters of the URL take precedence.
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,  # TCP_USER_TIMEOUT in milliseconds
}


def open_postgresql(url: str) -> Engine:
    """Engine whose statements time out with a transient error; DatabaseUnusableError."""
    try:
        configured = make_url(url).query
        make_url(url).get_dialect()
    except SQLAlchemyError:
        raise DatabaseUnusableError(
            "database_url is not a valid URL: expected postgresql+psycopg://USER@HOST/DATABASE"
        ) from None
    patience = {name: value for name, value in PATIENCE.items() if name not in configured}
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
    """Disable the lock timeout for this transaction (schema changes)."""
    connection.execute(text("SET LOCAL lock_timeout = 0"))


def _limit_waiting(connection: Any, _record: object) -> None:
    connection.autocommit = True  # for the session, not for a transaction that may roll back
    connection.execute(f"SET lock_timeout = {int(LOCK_SECONDS * 1000)}")
    connection.autocommit = False
