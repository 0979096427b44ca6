"""How long pages, API and metrics take over a store of very many turns, and what retention costs.

    python benchmarks/big_store.py [--turns 1000000] [--postgresql URL] [--keep FOLDER]

Fills a database with turns of its own making (three evaluators, three claims and three chunks of
some 400 characters each, four services of which one is small, half a percent labelled), straight
into the tables, and asks the application for each view `--repeats` times. Prints in ms the first
answer, which nothing is remembered for, and the 95th percentile, the CPU of this process
beside (of SQLite's queries all, of PostgreSQL's the reading), the start of the application, and the
longest write lock while a tenth of the turns expires. `--keep` fills the folder once and asks it
again later.
"""

import argparse
import math
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, func, select
from starlette.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.processes import gc_tuning
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, keys, labels, sessions, short_transactions
from groundwire_collector.storage import turns as store
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.retention import expire
from groundwire_collector.storage.sessions import SessionState
from groundwire_collector.storage.tables.turns import TURN
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift.change_point import Change
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Chunk, Route, Turn

BATCH = 2000
DAYS = 30
SERVICES = ["shop"] * 60 + ["help"] * 30 + ["docs"] * 9 + ["small"]
WORDS = [f"{a}{b}" for a in ("ba", "co", "di", "fu", "ge", "ho") for b in "abcdefghijklmnop"]
HEADERS = {"Authorization": "Bearer gw_big"}
VIEWS = {
    "/api/v1/turns": [
        "",
        "?service=shop",
        "?service=small",
        "?model_version=m-3",
        "?state=scored",
        "?state=failed",
        "?service=small&state=scored",
        "?verdict=supported",
        "?verdict=contradicted",
        "?service=small&verdict=unsupported",
        "?order=worst",
        "?order=worst&service=shop",
        "?order=worst&service=small&state=scored",
        "?order=worst&verdict=contradicted",
        "?since={middle}",
        "?until={middle}&order=worst",
        "?q=baa+cob",
        "?trace_id={trace}",
    ],
    "/": ["", "?range=30d", "?range=30d&by=service", "?range=7d&service=small", "?range=1h"],
    "/turns": [
        "",
        "?service=shop",
        "?verdict=contradicted",
        "?state=failed",
        "?order=newest",
        "?range=24h",
        "?q=baa+cob",
        "?user_id=u-7",
        "?route=tool&service=small",
        "?model=large",
        "?error=true",
        "?least_score=0.4&most_score=0.41",
        "?least_seconds=9.5",
        "?session_id=session-7",
    ],
    "/turns/worst": ["", "?service=small&model_version=m-3"],
    "/turns/{turn}": ["", "?order=newest&service=small", "?user_id=u-7"],
    "/turns.jsonl": ["?service=small&range=24h"],
    "/sessions": ["", "?service=small&unsupported=true", "?range=24h"],
    "/sessions/{of_session}": [""],
    "/estimates": ["", "?service=shop", "?service=small", "?range=7d"],
    "/alarms": ["", "?range=30d"],
    "/alarms/1": [""],
    "/compare": ["", "?service=help&baseline=m-2&candidate=m-3&range=30d"],
    "/labels": [""],
    "/distributions": ["?service=small"],
    "/unanswered-traces": ["?reason=call_failed"],
    "/failed-traces": [""],
    "/docs": [""],
    "/runbooks/GroundwireDrift": [""],
    "/metrics": [""],
    "/healthz": [""],
}


NOW = datetime.now(UTC)
VERDICTS = [Verdict.SUPPORTED] * 45 + [Verdict.UNSUPPORTED] * 4 + [Verdict.CONTRADICTED]


def made(count: int) -> Iterator[JudgedTurn]:
    """Alike in shape to what traffic leaves; evenly over the last `DAYS` days."""
    chance = random.Random(7)
    for number in range(count):
        trace = trace_of(number)
        turn = Turn(
            id=f"{trace}-{1:016x}",
            trace_id=trace,
            session_id=f"session-{number // 4}",
            service=SERVICES[chance.randrange(len(SERVICES))],
            model_version=f"m-{number * 4 // count}",
            prompt_version="p-1",
            index_version=f"i-{number * 6 // count}",
            user_id=f"u-{number % 2000}",
            route=Route.TOOL if number % 50 == 0 else Route.RETRIEVAL,
            model="large" if number % 10 == 0 else "small",
            error="Timeout" if number % 300 == 0 else None,
            input_tokens=600,
            output_tokens=80,
            generation_seconds=chance.random() * 10,
            question=f"{text(chance, 8)}?",
            answer=text(chance, 40),
            chunks=tuple(
                Chunk(id=f"d-{chance.randrange(5000)}", text=text(chance, 80), score=0.5)
                for _ in range(3)
            ),
            started_at=NOW - timedelta(days=DAYS * (1 - number / count)),
        )
        yield JudgedTurn(turn, tuple(evaluations(chance, failed=number % 500 == 0)))


def evaluations(chance: random.Random, *, failed: bool) -> Iterator[Evaluation]:
    if failed:
        for name in ("grounding", "override", "retrieval"):
            yield Evaluation(evaluator=name, revision="1", state=State.FAILED, reason="time limit")
        return
    doubt = chance.random()
    claims = tuple(
        Claim(start=at, end=at + 20, text="", verdict=chance.choice(VERDICTS), support=0.5)
        for at in (0, 30, 60)
    )
    yield Evaluation(
        evaluator="grounding",
        revision="1",
        state=State.SCORED,
        value=1 - doubt,
        flagged=doubt > 0.9,
        claims=claims,
        signals={"p_unsupported": doubt},
    )
    for name in ("override", "retrieval"):
        yield Evaluation(evaluator=name, revision="1", state=State.SCORED, value=chance.random())


def trace_of(number: int) -> str:
    return f"{number + 1:032x}"


def text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def fill(engine: Engine, count: int) -> None:
    batch: list[JudgedTurn] = []
    for item in made(count):
        batch.append(item)
        if len(batch) == BATCH:
            save(engine, batch)
            batch.clear()
    save(engine, batch)


def save(engine: Engine, batch: list[JudgedTurn]) -> None:
    """Store turns with their sessions, and labels of one in two hundred of them."""
    with engine.begin() as connection:
        store.save(connection, batch)
        sessions.save(connection, states(batch))
        given = [
            Label(
                turn_id=item.turn.id,
                labeller="ada",
                labelled_ns=time.time_ns(),
                verdict="supported" if item.p_unsupported < 0.8 else "unsupported",
                probability=0.05,
            )
            for item in batch[::200]
            if item.p_unsupported is not None
        ]
        labels.add(connection, given)


def states(batch: list[JudgedTurn]) -> list[SessionState]:
    """Sessions of a batch; those of a session are of one service each, and adjacent."""
    found = {}
    for item in batch:
        key = (item.turn.session_id or "", item.turn.service)
        at = round(item.turn.started_at.timestamp()) * 10**9 if item.turn.started_at else 0
        flagged = any(evaluation.flagged for evaluation in item.evaluations)
        found[key] = SessionState(*key, at, at, scored=True, unsupported=flagged)
    return list(found.values())


def raise_alarm(engine: Engine) -> None:
    """An open alarm of a service, since the middle of the time."""
    at = round((NOW - timedelta(days=DAYS / 2)).timestamp()) * 10**9
    change = Change(at, (at, at), 0.1, (0.05, 0.2), "model_version", "m-3")
    alarm = Alarm(
        service="help", signal="p_unsupported", cause="model", raised_ns=at, change=change
    )
    with engine.begin() as connection:
        drift.raise_alarm(connection, alarm)


def ask(client: TestClient, path: str, repeats: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each answer, and of CPU, in order."""
    took, cpu = [], []
    for _ in range(repeats):
        began, cpu_began = time.perf_counter(), time.process_time()
        answer = client.get(path, headers=HEADERS, follow_redirects=False)
        took.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - cpu_began) * 1000)
        assert answer.status_code in {200, 303}, (path, answer.status_code, answer.text[:200])
    return took, cpu


def percentile(share: float, values: list[float]) -> float:
    return sorted(values)[max(0, math.ceil(len(values) * share) - 1)]


def report(client: TestClient, count: int, repeats: int) -> None:
    [session] = client.get("/api/v1/sessions?limit=1", headers=HEADERS).json()["sessions"]
    of_session = f"{session['service']}/{session['session_id']}"
    known = {
        "middle": quote((NOW - timedelta(days=DAYS / 2)).isoformat()),
        "trace": trace_of(count // 2),
        "turn": f"{trace_of(count // 2)}-{1:016x}",
        "of_session": of_session,
    }
    print("| view | first ms | of CPU | p95 ms | of CPU |\n|---|---|---|---|---|")
    for path, queries in VIEWS.items():
        for query in queries:
            took, cpu = ask(client, (path + query).format(**known), repeats)
            each = (took[0], cpu[0], percentile(0.95, took), percentile(0.95, cpu))
            figures = " | ".join(f"{value:.0f}" for value in each)
            print(f"| `{path}{query}` | {figures} |", flush=True)


def retention(engine: Engine, settings: Settings) -> None:
    """Print the locks that it holds while the oldest tenth of the turns goes.

    Of each transaction by the clock and by the CPU of this thread: on a busy machine the clock
    counts also what others compute.
    """
    locks: list[float] = []
    cpu: list[float] = []
    begin = short_transactions._begin

    @contextmanager
    def noted(on: Engine) -> Iterator[Connection]:
        with ExitStack() as stack:
            connection = stack.enter_context(begin(on))
            began, cpu_began = time.perf_counter(), time.thread_time()
            yield connection
            stack.close()  # the commit is part of it
            locks.append((time.perf_counter() - began) * 1000)
            cpu.append((time.thread_time() - cpu_began) * 1000)

    short_transactions._begin = noted
    with engine.connect() as connection:
        oldest = connection.scalar(select(func.min(TURN.c.started_ns))) or 0
    later = oldest + round((settings.retention_days + DAYS / 10) * 86_400 * 10**9)
    began = time.perf_counter()
    removed = expire(engine, settings, later)
    print(
        f"retention: {removed.turns} turns in {time.perf_counter() - began:.1f} s, {len(locks)} "
        f"transactions; lock, ms of the clock (CPU): p50 {percentile(0.5, locks):.0f} "
        f"({percentile(0.5, cpu):.0f}), p99 {percentile(0.99, locks):.0f} "
        f"({percentile(0.99, cpu):.0f}), longest {max(locks):.0f} ({max(cpu):.0f})"
    )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=1_000_000)
    options.add_argument("--repeats", type=int, default=20)
    options.add_argument("--postgresql", help="URL of an empty database")
    options.add_argument("--keep", type=Path, help="folder of a database to fill once")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=given.keep or Path(folder), database_url=given.postgresql, api_key="gw_big"
        )
        engine = open_engine(settings)
        make_schema(engine)
        with engine.connect() as connection:
            there = connection.scalar(select(func.count()).select_from(TURN))
        if not there:
            fill(engine, given.turns)
            raise_alarm(engine)
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")  # as autovacuum does within minutes
        began = time.perf_counter()
        app = create_app(settings)
        keys.first_key(settings, app.state.engine)
        print(f"start of the application: {time.perf_counter() - began:.2f} s")
        gc_tuning.settle()  # as a receiver does
        with TestClient(app) as client:
            report(client, given.turns, given.repeats)
        retention(engine, settings)
        engine.dispose()


if __name__ == "__main__":
    main()
