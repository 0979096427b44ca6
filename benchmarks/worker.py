"""CPU of the worker: what judging a turn costs from its stored spans to its committed scores.

    python benchmarks/worker.py [--turns 1000] [--profile]

Stores turns of the ragtruth development set (labelled data: GROUNDWIRE_DATA), three spans each, and
lets a worker's pipeline judge them in this process. `--profile` lists where the time goes instead;
the profiler itself more than doubles it, and sees only this process. CPU is that of this process
and of the evaluators' own, so that what else runs on the machine enters only through its caches.
"""

import argparse
import cProfile
import pstats
import tempfile
from itertools import cycle, islice
from pathlib import Path

import psutil

from groundwire.attributes import ANSWER_COMPLETE
from groundwire_collector.evaluation.registry import close, evaluators
from groundwire_collector.processes import gc_tuning
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.spans import SpanStore
from ingest import _ragtruth, _trace

DIFFERENT = 500
WARM_UP = 64


def store(store: SpanStore, first: int, turns: int) -> None:
    lines = [line for line in islice(_ragtruth(), DIFFERENT) if line["contexts"]]
    for number, line in zip(range(first, first + turns), cycle(lines), strict=False):
        spans = list(_trace(number, line))
        for span in spans:
            if span.parent_span_id is None:
                span.attributes[ANSWER_COMPLETE] = True
        store.add(spans)


def drain(pipeline: Pipeline) -> float:
    """CPU seconds until nothing is left."""
    began = cpu_seconds()
    while pipeline.step():
        pass
    return cpu_seconds() - began


def cpu_seconds() -> float:
    """CPU so far, of this process and its children."""
    this = psutil.Process()
    return sum(sum(process.cpu_times()[:2]) for process in (this, *this.children()))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=1000)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        engine = open_engine(settings)
        make_schema(engine)
        spans = SpanStore(engine)
        judges = evaluators(settings)
        pipeline = Pipeline(settings, engine, judges)
        store(spans, 1, WARM_UP)
        drain(pipeline)
        gc_tuning.settle()
        store(spans, WARM_UP + 1, given.turns)
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(drain, pipeline)
            pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        else:
            names = ", ".join(judge.name for judge in judges)
            print(f"{drain(pipeline) / given.turns * 1000:.2f} ms of CPU a turn ({names})")
        close(judges)
        engine.dispose()


if __name__ == "__main__":
    main()
