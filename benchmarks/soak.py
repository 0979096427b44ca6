"""A collector over a month of stored turns: load, pages, retention and archive at once.

    python benchmarks/soak.py [--stored 200000] [--rate 100] [--seconds 1800] [--keep FOLDER]

Fills a store with turns of thirty days (benchmarks/big_store.py; with --keep once, and a run that
was stopped goes on from there), then starts `groundwire up` with an archive and a retention of 27
days, so that a tenth of the store is archived and deleted while turns of the ragtruth development
set (labelled data: GROUNDWIRE_DATA) are sent and pages, API and /metrics are asked all the time.
Prints lag, acknowledgement, memory and CPU as benchmarks/sustained.py does, the 95th percentile of
each page, and what is on disk and in the archive. Longer months cost in proportion: what is stored
is read by index alone, so that lag and pages depend on the rate and hardly on the store.
"""

import argparse
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from itertools import cycle, islice
from pathlib import Path

import psutil

import sustained
from big_store import fill, percentile
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import all_hours
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.keys import ALL_SCOPES
from ingest import _ragtruth

PAGES = ("/", "/turns", "/turns?order=worst", "/sessions", "/alarms", "/estimates", "/metrics")
RETENTION_DAYS, PAUSE_SECONDS = 27, 2.0


class Reader(threading.Thread):
    """Asks every page again and again; `took` are seconds by page."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.took: dict[str, list[float]] = {page: [] for page in PAGES}
        self.failed = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(PAUSE_SECONDS):
            for page in PAGES:
                began = time.perf_counter()
                connection = http.client.HTTPConnection("127.0.0.1", sustained.PORT, timeout=60)
                connection.request("GET", page, headers=sustained.HEADERS)
                answer = connection.getresponse()
                answer.read()
                connection.close()
                self.failed += answer.status != 200
                self.took[page].append(time.perf_counter() - began)


def filled(folder: Path, turns: int) -> None:
    """A store of so many turns, unless it is there already."""
    done = folder / "filled"
    if done.exists():
        return
    engine = open_engine(Settings(data_dir=folder))
    make_schema(engine)
    fill(engine, turns)
    with engine.begin() as connection:
        keys.add(connection, "gw_bench", "bench", ALL_SCOPES, None)
    engine.dispose()
    done.touch()


def soak(folder: Path, rate: float, seconds: float) -> None:
    lines = [line for line in islice(_ragtruth(), sustained.DIFFERENT) if line["contexts"]]
    numbers = range(1, round(rate * seconds) + 1)
    bodies = [sustained.body_of(n, line) for n, line in zip(numbers, cycle(lines), strict=False)]
    archive = folder / "archive"
    environment = os.environ | {
        "GROUNDWIRE_API_KEY": "gw_bench",
        "GROUNDWIRE_ARCHIVE_URL": str(archive),
        "GROUNDWIRE_RETENTION_DAYS": str(RETENTION_DAYS),
    }
    ports = ["--port", str(sustained.PORT), "--grpc-port", str(sustained.PORT + 1)]
    command = [sys.executable, "-c", sustained.COMMAND, "up", *ports, "--data-dir", str(folder)]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    reader = Reader()
    try:
        while not sustained.ready():
            time.sleep(0.2)
        time.sleep(5)  # the worker loads its evaluators
        reader.start()
        sustained.measure(psutil.Process(server.pid), bodies, rate)
    finally:
        reader.over.set()
        if reader.is_alive():
            reader.join()
        server.send_signal(signal.SIGTERM)
        server.wait(30)
    report(reader, folder, archive)


def report(reader: Reader, folder: Path, archive: Path) -> None:
    for page, took in reader.took.items():
        if took:
            print(f"{page}: {percentile(0.95, took) * 1000:.0f} ms at the 95th percentile")
    print(f"pages that failed: {reader.failed}")
    size = sum(path.stat().st_size for path in folder.glob("groundwire.db*"))
    hours = dict(all_hours(Location.of(str(archive))))
    turns = sum(hour.turns for hour in hours.values())
    print(f"database: {size / 1e6:.0f} MB; archive: {len(hours)} hours, {turns} turns")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--stored", type=int, default=200_000)
    arguments.add_argument("--rate", type=float, default=100)
    arguments.add_argument("--seconds", type=float, default=1800)
    arguments.add_argument("--keep", type=Path, help="folder of the store, for further runs")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        filled(folder, options.stored)
        soak(folder, options.rate, options.seconds)


if __name__ == "__main__":
    main()
