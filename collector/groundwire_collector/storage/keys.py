"""API keys: creation, lookup by hash, revocation; only hashes are stored."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, update

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import KEY_FILE, Settings
from groundwire_collector.storage.engine import open_engine
from groundwire_collector.storage.tables.keys import API_KEY

PREFIX = "gw_"
USER_PREFIX = "user:"  # of the id of a person whom a reverse proxy has authenticated
GENERATED, FROM_ENVIRONMENT = "first", "environment"


class Scope(StrEnum):
    """Permission of an API key."""

    INGEST = "ingest"  # OTLP, and to announce rollouts
    READ = "read"
    LABEL = "label"
    ADMIN = "admin"  # keys, retention, deletion, baselines


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Access:
    """Permissions of an API key; `services` is None where unrestricted."""

    key_id: str
    scopes: frozenset[Scope] = ALL_SCOPES
    services: frozenset[str] | None = None

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes

    def covers(self, service: str) -> bool:
        return self.services is None or service in self.services


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as `groundwire keys list` shows it."""

    access: Access
    name: str
    created_at: datetime
    revoked_at: datetime | None


def digest(key: str) -> str:
    """SHA-256, hex: enough, since generated keys are 256 random bits."""
    return sha256(key.encode()).hexdigest()


def generate() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def add(
    connection: Connection,
    key: str,
    name: str,
    scopes: Iterable[Scope] = ALL_SCOPES,
    services: Iterable[str] | None = None,
) -> str:
    """Store a key's hash and permissions; returns its id."""
    key_id = secrets.token_hex(4)
    row = {
        "id": key_id,
        "name": name,
        "digest": digest(key),
        "scopes": ",".join(sorted(scopes)),
        "services": None if services is None else ",".join(sorted(services)),
        "created_at": datetime.now(UTC),
    }
    connection.execute(insert(API_KEY).values(row))
    return key_id


def revoke(connection: Connection, key_id: str) -> None:
    """Revoke a key, effective within seconds in every receiver."""
    statement = update(API_KEY).where(API_KEY.c.id == key_id, API_KEY.c.revoked_at.is_(None))
    if not connection.execute(statement.values(revoked_at=datetime.now(UTC))).rowcount:
        raise UsageError(f"There is no active key {key_id}.")


def rotate(connection: Connection, key_id: str) -> str:
    """Create a key with the permissions of another, which stays valid."""
    old = next((key for key in keys(connection) if key.access.key_id == key_id), None)
    if old is None or old.revoked_at is not None:
        raise UsageError(f"There is no active key {key_id}.")
    key = generate()
    add(connection, key, old.name, old.access.scopes, old.access.services)
    return key


def keys(connection: Connection) -> list[Key]:
    """Every key, oldest first."""
    query = select(API_KEY).order_by(API_KEY.c.created_at)
    return [
        Key(_access(row.id, row.scopes, row.services), row.name, row.created_at, row.revoked_at)
        for row in connection.execute(query)
    ]


def name_of(connection: Connection, key_id: str) -> str:
    """Name of a key, or of a person; the id of a key that was deleted."""
    if key_id.startswith(USER_PREFIX):
        return key_id.removeprefix(USER_PREFIX)
    found = connection.scalar(select(API_KEY.c.name).where(API_KEY.c.id == key_id))
    return str(found) if found is not None else key_id


def accesses(connection: Connection) -> dict[str, Access]:
    """Permissions of active keys by digest."""
    columns = (API_KEY.c.digest, API_KEY.c.id, API_KEY.c.scopes, API_KEY.c.services)
    query = select(*columns).where(API_KEY.c.revoked_at.is_(None))
    return {
        row.digest: _access(row.id, row.scopes, row.services) for row in connection.execute(query)
    }


def first_key(settings: Settings, engine: Engine | None = None) -> str | None:
    """Ensure that a key exists; returns it if just created, else None.

    GROUNDWIRE_API_KEY sets it (another value replaces the former); else one is generated and kept
    in the data folder, mode 600.
    """
    engine = engine or open_engine(settings)
    with engine.begin() as connection:
        known = accesses(connection)
        if settings.api_key is not None:
            if digest(settings.api_key) in known:
                return None
            _revoke_named(connection, FROM_ENVIRONMENT)
            add(connection, settings.api_key, FROM_ENVIRONMENT)
            return settings.api_key
        if known:
            return None
        key = stored_key(settings.data_dir / KEY_FILE)
        add(connection, key, GENERATED)
        return key


def stored_key(path: Path) -> str:
    """The API key in a file, mode 600; made where the file is not there.

    A start that was interrupted may have written it already.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    key = generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{key}\n")
    return key


def _access(key_id: str, scopes: str, services: str | None) -> Access:
    return Access(
        key_id,
        frozenset(Scope(scope) for scope in scopes.split(",") if scope),
        None if services is None else frozenset(services.split(",")),
    )


def _revoke_named(connection: Connection, name: str) -> None:
    statement = update(API_KEY).where(API_KEY.c.name == name, API_KEY.c.revoked_at.is_(None))
    connection.execute(statement.values(revoked_at=datetime.now(UTC)))
