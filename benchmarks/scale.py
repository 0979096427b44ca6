"""What each stage of judging costs, and turns a second with one to four judging workers.

    python benchmarks/scale.py [--turns 1000] [--workers 1 2 4] [--postgresql]

Stores turns of the ragtruth development set (labelled data: GROUNDWIRE_DATA), three spans each.
First all stages run one after the other in this process: noting arrivals and counting (the
leader's share, which is not divided), judging (a worker's share) and the evaluators' processes.
Then the same turns are judged by so many worker processes beside a leader; turns a second are of
the wall clock, CPU of all processes, and efficiency is turns a CPU second against one worker's.
`--postgresql` starts one of its own (apt-get install postgresql); else SQLite.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import psutil
from sqlalchemy import Engine, func, select

from groundwire_collector.evaluation.registry import close, evaluators
from groundwire_collector.processes.judging_worker import ClaimExtender, JudgingWorker
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.retention import used_bytes
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.tables.turns import TURN
from worker import store

sys.path.append(str(Path(__file__).parents[1]))

from tests.postgresql import running_cluster

WARM_UP = 64


def cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and its children."""
    every = (process, *process.children(recursive=True))
    return sum(sum(each.cpu_times()[:2]) for each in every)


def own_cpu() -> float:
    return time.process_time()


def spent(work: Callable[[], int], measure: Callable[[], float]) -> float:
    """CPU seconds until `work` has nothing left to do."""
    began = measure()
    while work():
        pass
    return measure() - began


def stages(settings: Settings, engine: Engine, turns: int) -> None:
    """Print the CPU of each stage, ms a turn."""
    judges = evaluators(settings)
    leader, worker = Pipeline(settings, engine, None), JudgingWorker(settings, engine, judges)

    def run(first: int, number: int) -> tuple[float, float, float, float]:
        store(SpanStore(engine), first, number)
        arrivals = spent(leader.step, own_cpu)
        before = cpu(psutil.Process()) - own_cpu()
        judging = spent(worker.step, own_cpu)
        evaluating = cpu(psutil.Process()) - own_cpu() - before
        counting = spent(leader.step, own_cpu)
        return arrivals, judging, evaluating, counting

    run(1, WARM_UP)
    names = ("noting arrivals", "assembling, handing over", "evaluators", "storing, counting")
    for name, seconds in zip(names, run(WARM_UP + 1, turns), strict=True):
        print(f"{name}: {seconds / turns * 1000:.2f} ms a turn")
    if (size := used_bytes(engine)) is not None:
        print(f"database: {size / (turns + WARM_UP):.0f} bytes a turn")
    close(judges)


def judge_until(settings: Settings, ready: Event, over: Event) -> None:
    """A judging worker in a process of its own."""
    engine = open_engine(settings)
    judges = evaluators(settings)
    worker = JudgingWorker(settings, engine, judges)
    ready.set()
    with ClaimExtender(worker.extend_claims):
        while not over.is_set():
            if not worker.step():
                time.sleep(0.02)
    close(judges)
    engine.dispose()


def throughput(settings: Settings, engine: Engine, turns: int, workers: int) -> tuple[float, float]:
    """Turns a second and CPU milliseconds a turn of all processes."""
    context = multiprocessing.get_context("spawn")
    over, readies = context.Event(), [context.Event() for _ in range(workers)]
    processes = [
        context.Process(target=judge_until, args=(settings, ready, over)) for ready in readies
    ]
    for process in processes:
        process.start()
    for ready in readies:
        ready.wait()
    leader = Pipeline(settings, engine, None)
    first = stored(engine) + 1_000_000 * workers
    store(SpanStore(engine), first, turns)
    goal = stored(engine) + turns
    this = psutil.Process()
    wall, used = time.perf_counter(), cpu(this)
    while stored(engine) < goal:
        if not leader.step():
            time.sleep(0.02)
    wall, used = time.perf_counter() - wall, cpu(this) - used
    over.set()
    for process in processes:
        process.join()
    return turns / wall, used / turns * 1000


def stored(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(TURN)) or 0


@contextmanager
def database(folder: Path, *, postgresql: bool) -> Iterator[Settings]:
    if not postgresql:
        yield Settings(data_dir=folder)
        return
    with running_cluster() as cluster:
        cluster.create("scale")
        yield Settings(data_dir=folder, database_url=cluster.url("scale"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--turns", type=int, default=1000)
    arguments.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    arguments.add_argument("--postgresql", action="store_true")
    options = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        database(Path(name), postgresql=options.postgresql) as settings,
    ):
        engine = open_engine(settings)
        make_schema(engine)
        stages(settings, engine, options.turns)
        alone = None
        for workers in options.workers:
            rate, cost = throughput(settings, engine, options.turns, workers)
            alone = alone or cost
            print(
                f"{workers} workers: {rate:.0f} turns a second, {cost:.2f} ms of CPU a turn,"
                f" efficiency {alone / cost:.2f}; load {os.getloadavg()[0]:.1f}"
            )
        engine.dispose()


if __name__ == "__main__":
    main()
