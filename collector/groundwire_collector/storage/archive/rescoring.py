"""New scores beside the old ones of archived turns.

The unit is an hour: its new scores and claims are a file each, named in the manifest when both are
verified. An hour that is interrupted is done again; one that is done is passed over, and so is a
turn that has the score already.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from groundwire_collector.storage.archive import schema
from groundwire_collector.storage.archive.hour_files import parquet_writer
from groundwire_collector.storage.archive.judged import judged_turns
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import (
    ArchivedHour,
    all_hours,
    day_of,
    read_day,
)
from groundwire_collector.storage.archive.writer import replace_hour, store_file
from groundwire_collector.storage.turns import JudgedTurn, to_rows


def hours_without(
    location: Location, mark: str, since_ns: int | None, until_ns: int | None
) -> list[tuple[int, ArchivedHour]]:
    """Archived hours that were not rescored as `mark` says."""
    hours = all_hours(location, since_ns, until_ns)
    return [(number, hour) for number, hour in hours if mark not in hour.rescored]


def turns_of(location: Location, hour: ArchivedHour) -> Iterator[JudgedTurn]:
    """Turns of an hour with all their evaluations."""
    for batch in judged_turns(location, hour):
        yield from batch


def add_scores(
    location: Location,
    number: int,
    hour: ArchivedHour,
    mark: str,
    judged: Iterable[JudgedTurn],
) -> None:
    """Write the new evaluations of an hour's turns beside the old ones, and mark the hour.

    The caller is the one writer of the archive. An hour that was written anew since `hour` was
    read is left as it is: the next run finds it without the mark.
    """
    if read_day(location, day_of(number)).get(number) != hour:
        return
    with TemporaryDirectory(prefix="groundwire-archive-") as folder:
        paths = {name: Path(folder) / f"{name}.parquet" for name in ("scores", "claims")}
        writers = {name: parquet_writer(name, path) for name, path in paths.items()}
        try:
            for item in judged:
                _write(writers, item)
        finally:
            for writer in writers.values():
                writer.close()
        added = {
            name: store_file(location, number, name, path)
            for name, path in paths.items()
            if pq.read_metadata(path).num_rows
        }
    files = {
        name: (*hour.files.get(name, ()), *([added[name]] if name in added else []))
        for name in {*hour.files, *added}
    }
    replace_hour(location, number, replace(hour, files=files, rescored=(*hour.rescored, mark)))


def _write(writers: dict[str, pq.ParquetWriter], item: JudgedTurn) -> None:
    turn, scores, claims = to_rows(item)
    records: dict[str, list[dict[str, Any]]] = {
        "scores": [schema.score_record(row, turn) for row in scores],
        "claims": [schema.claim_record(row, turn) for row in claims],
    }
    for name, rows in records.items():
        if rows:
            writers[name].write_table(schema.arrow_table(name, rows))
