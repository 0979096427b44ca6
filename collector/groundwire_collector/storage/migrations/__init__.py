"""Schema migrations (`python -m groundwire_collector.storage.migrations NAME`).

A step that was released is never changed: databases out there have taken it.
"""

HEAD = "0017"  # the newest step, read without loading Alembic
