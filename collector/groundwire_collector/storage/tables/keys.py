"""Table of API keys: hashed, scoped, restricted to services."""

from datetime import datetime

from sqlmodel import Field

from groundwire_collector.storage.tables.base import StoredModel


class KeyRow(StoredModel, table=True):
    """An API key."""

    __tablename__ = "api_key"

    id: str = Field(primary_key=True)
    name: str
    digest: str = Field(index=True, unique=True)  # SHA-256 of the key, hex
    scopes: str  # comma-separated: ingest, read, label, admin
    services: str | None = None  # comma-separated; None: all
    created_at: datetime
    revoked_at: datetime | None = None


# For queries, which are SQLAlchemy Core throughout.
API_KEY = StoredModel.metadata.tables["api_key"]
