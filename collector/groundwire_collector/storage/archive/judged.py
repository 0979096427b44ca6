"""Read judged turns out of an archived hour."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow.dataset as ds

from groundwire_collector.storage.archive import schema
from groundwire_collector.storage.archive.damage import named_damage
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import ArchivedFile, ArchivedHour
from groundwire_collector.storage.archive.writer import read_batches
from groundwire_collector.storage.turns import JudgedTurn, from_rows


def judged_turns(
    location: Location, hour: ArchivedHour, turn_id: str | None = None
) -> Iterator[list[JudgedTurn]]:
    """Turns of an hour with their evaluations, in batches of some thousand; or one of them."""
    for file in hour.files.get("turns", ()):
        for every in read_batches(location, file):
            records = [each for each in every if turn_id in (None, each["id"])]
            if not records:
                continue
            ids = [record["id"] for record in records]
            scores = _of_turns(location, hour.files.get("scores", ()), ids)
            claims = _of_turns(location, hour.files.get("claims", ()), ids)
            yield [
                from_rows(
                    schema.turn_row(record),
                    [schema.score_row(row) for row in scores[record["id"]]],
                    sorted(claims[record["id"]], key=lambda row: row["position"]),
                )
                for record in records
            ]


def _of_turns(
    location: Location, files: tuple[ArchivedFile, ...], ids: list[str]
) -> defaultdict[str, list[dict[str, Any]]]:
    """Rows of these turns, by turn."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in files:
        with named_damage(file.path):
            data = ds.dataset(location.full(file.path), filesystem=location.filesystem)
            rows = data.to_table(filter=ds.field("turn_id").isin(ids))
        for row in rows.to_pylist():
            found[row["turn_id"]].append(row)
    return found
