"""Autogenerate the next migration from the tables.

    python -m groundwire_collector.storage.migrations "score has a model"
    python -m groundwire_collector.storage.migrations --first     before the first release only

Read what it wrote, format it, and set HEAD in __init__.py to it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import open_engine
from groundwire_collector.storage.migrations import HEAD
from groundwire_collector.storage.migrations.running import FOLDER, configuration, upgrade


def main(message: str) -> None:
    first = message == "--first"
    if first:
        for step in (FOLDER / "versions").glob("*.py"):
            step.unlink()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Settings.load(None, data_dir=Path(folder)))
        with engine.begin() as connection:
            upgrade(connection)
            command.revision(
                configuration(connection),
                message="the first schema" if first else message,
                autogenerate=True,
                rev_id="0001" if first else f"{int(HEAD) + 1:04}",
            )
        engine.dispose()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
