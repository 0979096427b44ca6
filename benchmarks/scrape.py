"""CPU of a scrape: a collector whose every committed metric has so many label sets.

    python benchmarks/scrape.py [--sets 270] [--scrapes 5]

The first scrape writes out everything; after it one in ten label sets is counted between two
scrapes, as where few of many versions are busy, and then all of them.
"""

import argparse
import tempfile
import time
from pathlib import Path

from sqlalchemy import Engine

from groundwire_collector.metric_definitions import MetricDefinition, MetricKind, committed_metrics
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Exemplar, Increments
from groundwire_collector.storage.engine import make_schema, open_engine

ACCEPT = "application/openmetrics-text; version=1.0.0"


def count(engine: Engine, sets: range, now_ns: int) -> None:
    increments = Increments()
    for metric in committed_metrics():
        for number in sets if metric.labels else (0,):
            _count(increments, metric, number)
    with engine.begin() as connection:
        counters.add(connection, increments, now_ns)


def _count(increments: Increments, metric: MetricDefinition, number: int) -> None:
    labels = dict.fromkeys(metric.labels, "grounding")
    labels |= {metric.labels[0]: f"service-{number}"} if metric.labels else {}
    exemplar = Exemplar(f"{number:032x}", 0.25, 1_800_000_000.123)
    if metric.kind is MetricKind.COUNTER:
        increments.count(metric, labels, 3, exemplar)
    elif metric.kind is MetricKind.HISTOGRAM:
        for bound in metric.buckets:
            increments.observe(metric, labels, bound, exemplar)


def scrape(exposition: Exposition) -> tuple[float, int]:
    began = time.process_time()
    body, _ = exposition.render(ACCEPT)
    return time.process_time() - began, len(body)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--sets", type=int, default=270)
    options.add_argument("--scrapes", type=int, default=5)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(Settings(data_dir=Path(folder)))
        make_schema(engine)
        count(engine, range(given.sets), 1)
        exposition = Exposition(engine)
        spent, size = scrape(exposition)
        print(f"{given.sets} label sets a metric: {size / 1e6:.1f} MB")
        print(f"first scrape {spent * 1000:.0f} ms of CPU")
        for what, step in (("a tenth", 10), ("all", 1)):
            times = []
            for number in range(given.scrapes):
                count(engine, range(0, given.sets, step), 2 + number)
                times.append(scrape(exposition)[0])
            print(f"{what} of them counted meanwhile {min(times) * 1000:.0f} ms of CPU")


if __name__ == "__main__":
    main()
