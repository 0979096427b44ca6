"""Run and autogenerate Alembic migrations on the collector's engine."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Take every step the database lacks, in the transaction of `connection`."""
    command.upgrade(configuration(connection), "head")


def newest() -> str | None:
    """Newest migration revision."""
    return ScriptDirectory.from_config(configuration()).get_current_head()
