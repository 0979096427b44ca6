"""Base class of the tables: own metadata, 64-bit integers."""

from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

# Times are nanoseconds: PostgreSQL's INTEGER is too narrow. SQLite's holds 64 bits, and only a
# column of exactly that type numbers its rows.
WIDE: Any = BigInteger().with_variant(Integer, "sqlite")


class StoredModel(SQLModel, registry=registry()):
    """Table base class with its own metadata, apart from an application's tables."""
