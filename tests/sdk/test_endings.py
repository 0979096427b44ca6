"""What was recorded in the last second of a process is delivered, however it ends."""

import itertools
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.ports import free_port
from tests.sdk.receiving import Receiver, receiving

START = """
import groundwire as gw
from groundwire import observe
gw.init(service="ends")
@observe
def ask(question): return "ok"
"""
SCRIPT = "import time\nask('q')\nprint('asked', flush=True)\ntime.sleep(60)\n"
SERVER = """
import asyncio
async def app(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(float(scope["query_string"] or 0))
        ask("q")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""
IN_A_THREAD = """
from concurrent.futures import ThreadPoolExecutor
from groundwire import observe
@observe
def asked(question): return "ok"
pool = ThreadPoolExecutor(1)
def ask(question): return pool.submit(asked, question).result()
"""
AT_STARTUP = """
import groundwire as gw
from groundwire import observe
@observe
def ask(question): return "ok"
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        gw.init(service="ends")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        ask("q")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""
WSGI = """
def app(environ, start_response):
    ask("q")
    start_response("200 OK", [])
    return [b""]
"""


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "GROUNDWIRE_ENDPOINT": url, "PYTHONWARNINGS": "ignore"}


def test_a_script_that_is_terminated_delivers_first() -> None:
    with receiving() as receiver:
        command = [sys.executable, "-c", START + SCRIPT]
        with subprocess.Popen(command, env=environment(receiver.url), stdout=-1) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        assert process.returncode == -signal.SIGTERM
        assert len(receiver.spans) == 1


@contextmanager
def served(receiver: Receiver, folder: Path, *command: str) -> Iterator[str]:
    """A server that has answered, and is told to stop when the block ends."""
    port = free_port()
    arguments = [part.replace("PORT", str(port)) for part in command]
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment(receiver.url)
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}/"
            for _ in range(200):
                try:
                    urllib.request.urlopen(url, timeout=10).close()
                    break
                except OSError:
                    time.sleep(0.2)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)


UVICORN = ("uvicorn", "--port", "PORT", "--log-level", "warning")
GUNICORN = ("gunicorn", "-b", "127.0.0.1:PORT", "--log-level", "warning")
SERVERS = {
    "uvicorn": (START + SERVER, UVICORN),
    "uvicorn, workers": (START + SERVER, (*UVICORN, "--workers", "2")),
    "uvicorn, init at startup": (AT_STARTUP, UVICORN),
    "uvicorn, environment only": (IN_A_THREAD + SERVER, UVICORN),
}
GUNICORNS = {
    "UvicornWorker": (
        START + SERVER,
        (*GUNICORN, "-w", "2", "-k", "uvicorn.workers.UvicornWorker"),
    ),
    "sync": (START + WSGI, GUNICORN),
    "threads, preloaded": (START + WSGI, (*GUNICORN, "--threads", "2", "--preload")),
}


@pytest.mark.parametrize("kind", SERVERS)
def test_a_server_that_is_terminated_delivers_first(tmp_path: Path, kind: str) -> None:
    code, command = SERVERS[kind]
    last_second(tmp_path, code, command)


@pytest.mark.needs("gunicorn")
@pytest.mark.parametrize("kind", GUNICORNS)
def test_gunicorns_workers_deliver_when_they_are_terminated(tmp_path: Path, kind: str) -> None:
    code, command = GUNICORNS[kind]
    last_second(tmp_path, code, command)


def last_second(folder: Path, code: str, command: tuple[str, ...]) -> None:
    """Six requests, the last one right before the end."""
    (folder / "served.py").write_text(code)
    with receiving() as receiver:
        with served(receiver, folder, *command, "served:app") as url:
            for _ in range(5):
                urllib.request.urlopen(url, timeout=10).close()
        assert len(receiver.spans) == 6


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_a_request_that_ends_after_the_signal_is_delivered(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "served.py").write_text(START + SERVER)
    with receiving() as receiver:
        with served(receiver, tmp_path, *UVICORN, *workers, "served:app") as url:
            late = Thread(target=lambda: urllib.request.urlopen(f"{url}?2", timeout=20).close())
            late.start()
            time.sleep(1)
        late.join()
        assert len(receiver.spans) == 2


def test_a_stopping_server_does_not_wait_again_for_a_dead_collector(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(START + SERVER)
    with receiving(silent=True) as receiver:
        with served(receiver, tmp_path, *UVICORN, "served:app") as url:
            late = [
                Thread(target=lambda: urllib.request.urlopen(f"{url}?2", timeout=20).close())
                for _ in range(20)
            ]
            for thread in late:
                thread.start()
            time.sleep(1)
            stopped = time.monotonic()
        assert time.monotonic() - stopped < 20  # 20 requests of 1.5 s each would take 30
        for thread in late:
            thread.join()


POOLS = {
    "process": """
        children = [context.Process(target=ask, args=(str(i),)) for i in range(4)]
        for child in children: child.start()
        for child in children: child.join()""",
    "pool, joined": """
        pool = context.Pool(2)
        pool.map(ask, map(str, range(4)))
        pool.close()
        pool.join()""",
    "pool, terminated": """
        with context.Pool(2) as pool:
            pool.map(ask, map(str, range(4)))""",
    "pool, recycled": """
        with context.Pool(2, maxtasksperchild=1) as pool:
            pool.map(ask, map(str, range(4)), chunksize=1)""",
    "executor": """
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            list(pool.map(ask, map(str, range(4))))""",
}
CHILDREN = """
import concurrent.futures, multiprocessing, sys
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    if True:"""


def run(folder: Path, receiver: Receiver, code: str, *arguments: str) -> str:
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        env=environment(receiver.url),
        check=True,
        timeout=120,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("how", "kind"), list(itertools.product(["fork", "spawn", "forkserver"], POOLS))
)
def test_children_of_multiprocessing_deliver_at_their_end(
    tmp_path: Path, how: str, kind: str
) -> None:
    with receiving() as receiver:
        run(tmp_path, receiver, START + CHILDREN + POOLS[kind], how)
        assert len(receiver.spans) == 4


@pytest.mark.needs("joblib")
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_children_of_joblib_deliver_at_their_end(tmp_path: Path, backend: str) -> None:
    code = (
        "import joblib\nif __name__ == '__main__':\n"
        f"    pool = joblib.Parallel(2, backend={backend!r})\n"
        "    pool(joblib.delayed(ask)(str(i)) for i in range(4))"
    )
    with receiving() as receiver:
        run(tmp_path, receiver, START + code)
        assert len(receiver.spans) == 4


TASKS = """
from celery import Celery
app = Celery("tasks", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control",
}
app.conf.task_ignore_result = True
@app.task
def task(number):
    ask(str(number))
    open(f"done-{number}", "x").close()
"""


@pytest.mark.needs("celery")
@pytest.mark.parametrize(
    "options", ["-P prefork -c 2", "-c 2 --max-tasks-per-child 1", "-P threads -c 2", "-P solo"]
)
def test_celerys_workers_deliver_at_their_end(tmp_path: Path, options: str) -> None:
    (tmp_path / "tasks.py").write_text(START + TASKS)
    (tmp_path / "queue").mkdir()
    (tmp_path / "control").mkdir()
    with receiving() as receiver:
        environ = environment(receiver.url)
        subprocess.run(
            [sys.executable, "-c", "import tasks\nfor i in range(4): tasks.task.delay(i)"],
            cwd=tmp_path,
            env={**environ, "GROUNDWIRE_DISABLED": "true"},
            check=True,
        )
        quiet = ["--without-gossip", "--without-mingle", "-l", "ERROR"]
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", *quiet]
        with subprocess.Popen([*command, *options.split()], cwd=tmp_path, env=environ) as worker:
            for _ in range(300):
                if len(list(tmp_path.glob("done-*"))) == 4:
                    break
                time.sleep(0.2)
            worker.send_signal(signal.SIGTERM)
        assert len(receiver.spans) == 4


# ------------------------------------------------------------------ half-read streams

STREAMS = {
    "generator": """
@observe
def stream(question):
    yield "half "
    yield "whole"
open_stream = stream("q")
next(open_stream)
""",
    "async generator": """
import asyncio
@observe
async def stream(question):
    yield "half "
    yield "whole"
open_stream = stream("q")
loop = asyncio.new_event_loop()
loop.run_until_complete(anext(open_stream))
""",
    "generation within a turn": """
@observe.generation
def generate(question):
    yield "half "
    yield "whole"
@observe
def stream(question):
    yield from generate(question)
open_stream = stream("q")
next(open_stream)
""",
    "returned iterator": """
class Stream:
    def __iter__(self): return self
    def __next__(self): return "half "
@observe
def stream(question): return Stream()
open_stream = stream("q")
next(open_stream)
""",
}
CLIENTS = {
    "openai": """
import openai
client = openai.OpenAI(api_key="k", base_url=sys.argv[1])
@observe.generation
def stream(question):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="m", messages=messages, stream=True)
open_stream = stream("q")
next(open_stream)
""",
    "openai, async": """
import asyncio, openai
client = openai.AsyncOpenAI(api_key="k", base_url=sys.argv[1])
@observe.generation
async def stream(question):
    messages = [{"role": "user", "content": question}]
    return await client.chat.completions.create(model="m", messages=messages, stream=True)
async def main():
    opened = await stream("q")
    await anext(opened)
    return opened
loop = asyncio.new_event_loop()
open_stream = loop.run_until_complete(main())
""",
    "httpx": """
import httpx
@observe.generation
def stream(question):
    with httpx.stream("POST", sys.argv[1] + "/chat/completions") as response:
        yield from response.iter_text()
open_stream = stream("q")
next(open_stream)
""",
}
ENDS = {
    "exit": "",
    "exit with a provider of others": "",
    "SIGTERM": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
}
PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
"""


@contextmanager
def half_an_answer() -> Iterator[str]:
    """A model server whose answers begin and do not end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            chunk = (
                '{"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", '
                '"choices": [{"index": 0, "delta": {"content": "half "}, "finish_reason": null}]}'
            )
            self.wfile.write(f"data: {chunk}\n\n".encode())
            self.wfile.flush()
            time.sleep(20)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def assert_half_sent(receiver: Receiver, spans: int) -> None:
    assert len(receiver.spans) == spans
    for span in receiver.spans:
        values = {pair.key: pair.value for pair in span.attributes}
        assert values["groundwire.stream.closed_early"].bool_value
        assert "half " in values["gen_ai.output.messages"].string_value


@pytest.mark.parametrize(("kind", "end"), list(itertools.product(STREAMS, ENDS)))
def test_a_stream_that_is_half_read_at_the_end_is_delivered(
    tmp_path: Path, kind: str, end: str
) -> None:
    begin = PROVIDER if "provider" in end else ""
    with receiving() as receiver:
        script = tmp_path / "script.py"
        script.write_text(begin + START + STREAMS[kind] + ENDS[end])
        subprocess.run([sys.executable, script], env=environment(receiver.url), timeout=60)
        assert_half_sent(receiver, 2 if "within" in kind else 1)


@pytest.mark.needs("clients")
@pytest.mark.parametrize("kind", CLIENTS)
def test_half_read_streams_of_clients_are_delivered(tmp_path: Path, kind: str) -> None:
    with receiving() as receiver, half_an_answer() as url:
        run(tmp_path, receiver, "import sys\n" + START + CLIENTS[kind], url)
        assert_half_sent(receiver, 1)


FORK = """
import multiprocessing
child = multiprocessing.get_context("fork").Process(target=ask, args=("q",))
child.start()
child.join()
"""


def test_a_forked_child_does_not_send_the_half_read_streams_of_its_parent(tmp_path: Path) -> None:
    with receiving() as receiver:
        run(tmp_path, receiver, START + STREAMS["generator"] + FORK)
        assert sorted(receiver.names) == ["ask", "stream"]


# ------------------------------------------------------------------ settings of children

ENDED_AT_ONCE = """
import os, signal
for _ in range(100):
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(1)
    os.kill(child, signal.SIGTERM)
    assert os.waitpid(child, 0)[1] == signal.SIGTERM
"""


def test_a_child_that_is_terminated_while_it_starts_ends(tmp_path: Path) -> None:
    with receiving() as receiver:
        run(tmp_path, receiver, "import time\n" + START + "ask('q')" + ENDED_AT_ONCE)
        assert len(receiver.spans) == 1


UNINTERRUPTED = """
import os, signal, sys, threading, time
import multiprocessing
def wait_for_ever():
    ask("q")
    def send():  # to this thread: nothing interrupts the main one, as just before it waits
        time.sleep(0.5)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        time.sleep(60)
    threading.Thread(target=send, daemon=True).start()
    os.read(os.pipe()[0], 1)
if __name__ == "__main__":
    child = multiprocessing.get_context(sys.argv[1]).Process(target=wait_for_ever)
    child.start()
    child.join(20)
    print(child.exitcode)
    child.kill()
"""


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_a_child_ends_though_the_signal_does_not_interrupt_what_it_waits_for(
    tmp_path: Path, how: str
) -> None:
    with receiving() as receiver:
        assert run(tmp_path, receiver, START + UNINTERRUPTED, how).strip() == "-15"
        assert len(receiver.spans) == 1


GRANDCHILD = """
import multiprocessing, os, signal, time
def parent():
    ask("q")
    child = os.fork()
    if not child:
        time.sleep(60)
    time.sleep(0.2)
    os.kill(child, signal.SIGTERM)
    print(os.waitpid(child, 0)[1], flush=True)
    time.sleep(1)
    print("goes on", flush=True)
child = multiprocessing.get_context("fork").Process(target=parent)
child.start()
child.join()
"""


def test_a_signal_to_a_child_is_none_to_its_parent(tmp_path: Path) -> None:
    with receiving() as receiver:
        assert run(tmp_path, receiver, START + GRANDCHILD).split("\n")[:2] == ["15", "goes on"]
        assert len(receiver.spans) == 1


GIVEN = """
import concurrent.futures, multiprocessing, os, re, sys
import groundwire as gw
from groundwire import observe
@observe
def ask(question):
    with open("/proc/self/cmdline") as line, open("/proc/self/environ") as environ:
        print("leaked" if "ingest-key" in line.read() + environ.read() else "kept", flush=True)
    return f"{question} bob@example.org"
def without_orders(text): return re.sub("ORD-[0-9]+", "[ORDER]", text)
if __name__ == "__main__":
    endpoint = sys.argv[2]
    gw.init(endpoint=endpoint, api_key="ingest-key", model_version="ft-2", OPTIONS)
    context = multiprocessing.get_context(sys.argv[1])
    child = context.Process(target=ask, args=("ORD-17",))
    child.start()
    child.join()
"""


def sent_by_child(folder: Path, options: str, how: str) -> tuple[str, dict[str, str]]:
    """What a child sends that never called gw.init, and the headers it came with."""
    with receiving() as receiver:
        script = folder / "script.py"
        script.write_text(GIVEN.replace("OPTIONS", options))
        environ = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
        done = subprocess.run(
            [sys.executable, script, how, receiver.url],
            env=environ,
            check=True,
            timeout=60,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert done.stdout == "kept\n"
        (request,) = receiver.requests
        return str(request[2]), request[1]


@pytest.mark.parametrize("how", ["spawn", "forkserver"])
@pytest.mark.parametrize(
    ("options", "sent", "absent"),
    [
        ("", ["[EMAIL_1]", "ORD-17", "ft-2"], ["bob@example.org"]),
        ("content='hash', hash_key='k'", ["hmac_sha256"], ["bob@", "ORD-17"]),
        ("redact=[gw.Mask('ORDER', 'ORD-[0-9]+')]", ["[ORDER_1]", "bob@"], ["ORD-17"]),
        ("redact=without_orders", ["[ORDER]", "bob@"], ["ORD-17"]),
        ("redact=lambda text: text.upper()", ["__REDACTED__"], ["bob@", "BOB@", "ORD-17"]),
    ],
)
def test_spawned_children_keep_the_options_of_init(
    tmp_path: Path, how: str, options: str, sent: list[str], absent: list[str]
) -> None:
    text, headers = sent_by_child(tmp_path, options, how)
    assert headers["Authorization"] == "Bearer ingest-key"
    assert [part for part in sent if part not in text] == []
    assert [part for part in absent if part in text] == []


# ------------------------------------------------------------------ surrogates

BAD = "x \ud83e"


@pytest.mark.parametrize(
    "code",
    [
        f"observe(name={BAD!r})(ask)('q')",
        f"with gw.annotate(user_id={BAD!r}): ask('q')",
        "exec('try: observe(fail)()\\nexcept ValueError: pass', dict(globals(), fail=fail))",
    ],
)
def test_a_lone_surrogate_costs_at_most_its_own_text(tmp_path: Path, code: str) -> None:
    fails = f"\ndef fail(): raise ValueError({BAD!r})\n"
    end = f"{code}\nask('good')\nprint(gw.flush(), gw.stats()['failed'])\n"
    with receiving() as receiver:
        assert run(tmp_path, receiver, START + fails + end).split() == ["True", "0"]
        assert len(receiver.spans) >= 2
