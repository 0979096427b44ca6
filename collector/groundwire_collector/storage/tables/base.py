"""Base class of the stored tables: a metadata of their own, and 64-bit integers."""

from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

# Times are nanoseconds: PostgreSQL's INTEGER is too narrow. SQLite's holds 64 bits, and only a
# column of exactly that type numbers its rows.
WIDE: Any = BigInteger().with_variant(Integer, "sqlite")


class StoredModel(SQLModel, registry=registry()):
    """Model on a metadata of its own: an application's `Turn` or `Label` table stays its own."""
