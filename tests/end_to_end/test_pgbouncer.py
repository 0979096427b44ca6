"""A pooler between collector and PostgreSQL: PgBouncer in session mode."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import psycopg
import pytest
from tests.end_to_end.test_crash import trace_body
from tests.ports import free_port
from tests.postgresql import Cluster
from tests.running import collector, until

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.leadership import Leadership

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.needs("pgbouncer")]
TURNS = 20
_numbers = count()


@pytest.fixture
def pooled_url(cluster: Cluster) -> Iterator[str]:
    """URL of a database behind PgBouncer."""
    database = f"pooled_{next(_numbers)}"
    cluster.create(database)
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="groundwire-pgbouncer-"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n{database} = host=127.0.0.1 port={cluster.port} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\n"
        "pool_mode = session\nmax_client_conn = 200\ndefault_pool_size = 60\nunix_socket_dir =\n"
    )
    command = ["pgbouncer", str(settings)]
    if os.geteuid() == 0:  # it refuses to run as root
        for path in (folder, settings):
            shutil.chown(path, "postgres", "postgres")
        command = ["runuser", "-u", "postgres", "--", *command]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}"
    try:
        until(lambda: answers(url), 30)
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        shutil.rmtree(folder)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url.replace("+psycopg", "")).close()
    except psycopg.OperationalError:
        return False
    return True


def test_one_leads_through_the_pooler_and_another_follows_when_it_is_gone(
    pooled_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=pooled_url)
    engines = [open_engine(settings) for _ in range(2)]
    make_schema(engines[0])
    first, second = (Leadership(engine, "worker") for engine in engines)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert until(second.acquire, 10)
    second.release()
    for engine in engines:
        engine.dispose()


def test_a_collector_behind_the_pooler_counts_every_turn(pooled_url: str, tmp_path: Path) -> None:
    with collector(tmp_path / "data", GROUNDWIRE_DATABASE_URL=pooled_url) as running:
        for number in range(1, TURNS + 1):
            assert running.post(trace_body(f"{number:032x}")) == 200
        until(lambda: running.metric("groundwire_turns_total") == TURNS)
