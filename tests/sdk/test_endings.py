"""What was recorded in the last second of a process is delivered, however it ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from tests.ports import free_port
from tests.sdk.receiving import receiving

START = """
import groundwire as gw
from groundwire import observe
gw.init(service="ends")
@observe
def ask(question): return "ok"
"""
SCRIPT = "import time\nask('q')\nprint('asked', flush=True)\ntime.sleep(60)\n"
SERVER = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        ask("q")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
"""
CHILDREN = """
import multiprocessing, sys
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    child = context.Process(target=ask, args=("q",))
    child.start(); child.join()
"""


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "GROUNDWIRE_ENDPOINT": url}


def test_a_script_that_is_terminated_delivers_first() -> None:
    with receiving() as receiver:
        command = [sys.executable, "-c", START + SCRIPT]
        with subprocess.Popen(command, env=environment(receiver.url), stdout=-1) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGTERM)
        assert process.returncode == -signal.SIGTERM
        assert len(receiver.spans) == 1


def test_a_server_that_is_terminated_delivers_first(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(START + SERVER)
    port = free_port()
    with receiving() as receiver:
        command = [sys.executable, "-m", "uvicorn", "--port", str(port), "served:app"]
        with subprocess.Popen(command, cwd=tmp_path, env=environment(receiver.url)) as process:
            for _ in range(100):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
        assert len(receiver.spans) == 1


@pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
def test_a_child_of_multiprocessing_delivers_at_its_end(tmp_path: Path, how: str) -> None:
    script = tmp_path / "children.py"
    script.write_text(START + CHILDREN)
    with receiving() as receiver:
        command = [sys.executable, str(script), how]
        subprocess.run(command, env=environment(receiver.url), check=True, timeout=60)
        assert len(receiver.spans) == 1


BAD = "x \ud83e"


@pytest.mark.parametrize(
    "code",
    [
        f"observe(name={BAD!r})(ask)('q')",
        f"with gw.annotate(user_id={BAD!r}): ask('q')",
        "exec('try: observe(fail)()\\nexcept ValueError: pass', dict(globals(), fail=fail))",
    ],
)
def test_a_lone_surrogate_costs_at_most_its_own_text(code: str) -> None:
    fails = f"\ndef fail(): raise ValueError({BAD!r})\n"
    end = f"{code}\nask('good')\nprint(gw.flush(), gw.stats()['failed'])\n"
    with receiving() as receiver:
        done = subprocess.run(
            [sys.executable, "-c", START + fails + end],
            env=environment(receiver.url),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.split() == ["True", "0"]
        assert len(receiver.spans) >= 2
