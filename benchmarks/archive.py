"""Archive: hours written a second, a group-by over many scores, deletion of a person.

    python benchmarks/archive.py [--turns 20000] [--scores 10000000]

The first part fills a store with turns of its own making (benchmarks/big_store.py), archives all
of their hours and forgets one session. The second writes an archive of so many score rows, straight
as Parquet (one file an hour, three evaluators, four services), and asks DuckDB what `groundwire
query` would: times are of the process's wall clock and CPU, the median of five.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from big_store import fill
from groundwire_collector.settings import Settings
from groundwire_collector.storage.archive import deletion, schema
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.hour_files import parquet_writer
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS, ArchivedHour
from groundwire_collector.storage.archive.reader import connect
from groundwire_collector.storage.archive.writer import replace_hour, store_file
from groundwire_collector.storage.engine import make_schema, open_engine

QUERIES = {
    "mean by service and day": "SELECT service, date_trunc('day', started_at) AS day, avg(value)"
    " FROM scores WHERE evaluator = 'grounding' GROUP BY ALL",
    "flagged by version and hour": "SELECT model_version, date_trunc('hour', started_at) AS hour,"
    " avg(CAST(flagged AS INT)) FROM scores GROUP BY ALL",
    "a signal by version": "SELECT model_version, avg(signals['p_unsupported'])"
    " FROM scores WHERE evaluator = 'grounding' GROUP BY ALL",
}
FIRST_HOUR = 490_000
ROWS_AN_HOUR = 100_000


def timed(what: str, function: Callable[[], object], repeats: int = 1) -> None:
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        function()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{what}: {statistics.median(walls):.2f} s, CPU {statistics.median(cpus):.2f} s")


def archive_store(folder: Path, number: int) -> None:
    engine = open_engine(Settings(data_dir=folder / "store"))
    make_schema(engine)
    fill(engine, number)
    archive = Archive(engine, Location.of(str(folder / "archive")), 0)
    timed(f"{number} turns archived", lambda: archive.write_closed(time.time_ns() + HOUR_NS))
    size = sum(path.stat().st_size for path in (folder / "archive").rglob("*.parquet"))
    print(f"bytes a turn: {size / number:.0f}")
    timed("nothing left to archive", lambda: archive.write_closed(time.time_ns() + HOUR_NS))
    session = {"session": "s-17", "user": None}
    timed("one session forgotten", lambda: deletion.forget(archive.location, **session))


def many_scores(location: Location, number: int) -> None:
    random = np.random.default_rng(7)
    names = ["grounding", "override", "retrieval"]
    for at in range(-(-number // ROWS_AN_HOUR)):
        hour = FIRST_HOUR + at
        rows = min(ROWS_AN_HOUR, number - at * ROWS_AN_HOUR)
        values = random.random(rows)
        seconds = np.sort(random.integers(0, 3600, rows))
        columns = {
            "turn_id": [f"{at:08x}{row // 3:024x}-1" for row in range(rows)],
            "started_at": [datetime.fromtimestamp(hour * 3600 + int(s), UTC) for s in seconds],
            "service": [("shop", "shop", "help", "docs")[row % 4] for row in range(rows)],
            "model_version": [f"m-{at // 60}"] * rows,
            "evaluator": [names[row % 3] for row in range(rows)],
            "revision": ["r1"] * rows,
            "state": ["scored"] * rows,
            "value": values,
            "flagged": values > 0.9,
            "signals": [[("p_unsupported", value)] for value in values],
            "citations": ["[]"] * rows,
        }
        table = pa.table(
            [
                pa.array(columns.get(each.name, [None] * rows), each.type)
                for each in schema.SCHEMAS["scores"]
            ],
            schema=schema.SCHEMAS["scores"],
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "scores.parquet"
            with parquet_writer("scores", path) as writer:
                writer.write_table(table)
            file = store_file(location, hour, "scores", path)
        replace_hour(
            location, hour, ArchivedHour(fingerprint="", written_at="", files={"scores": (file,)})
        )


def ask(location: Location) -> None:
    for name, query in QUERIES.items():

        def run(query: str = query) -> None:
            with connect(location, None, ["scores"]) as connection:
                connection.execute(query).fetchall()

        timed(name, run, repeats=5)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--turns", type=int, default=20_000)
    arguments.add_argument("--scores", type=int, default=10_000_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        archive_store(Path(name), options.turns)
        location = Location.of(f"{name}/scores-alone")
        timed(f"{options.scores} scores written", lambda: many_scores(location, options.scores))
        ask(location)


if __name__ == "__main__":
    main()
