"""Real servers on free loopback ports, each in a folder of its own and ended with its test."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.ports import free_port

from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_collector.alerting.stack.writing import FILES

ROOT = Path(__file__).parents[2]
KEY = "gw_end_to_end"
COMMAND = "from groundwire_collector.cli import main; main()"
START_SECONDS = 60.0


def until(ready: Callable[[], Any], what: str, seconds: float = START_SECONDS) -> Any:
    """What `ready` gives once it is true; fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


@dataclass
class Collector:
    """`groundwire up` on a folder; it can be killed and started again on the same port."""

    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, grpc_port: int | None = None, command: Sequence[str] = ()) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
        environment |= {"GROUNDWIRE_API_KEY": KEY, **self.settings}
        ports = ["--port", str(self.port), "--grpc-port", str(grpc_port or free_port())]
        command = command or [sys.executable, "-c", COMMAND]
        with (self.folder / "collector.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "up", *ports, "--data-dir", str(self.folder)],
                env=environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        until(lambda: answers(f"{self.url}/readyz"), "the collector")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """All of its processes at once."""
        if self.process is not None:
            os.killpg(self.process.pid, number)
            self.process.wait(30)
            self.process = None

    def read_key(self) -> str:
        """A key that may read and nothing else."""
        add = ["keys", "add", "on-call", "--scope", "read", "--data-dir", str(self.folder)]
        command = [sys.executable, "-c", COMMAND, *add]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def get(self, path: str, key: str = KEY, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}", **options.pop("headers", {})}
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=20, **options)


@dataclass
class Prometheus:
    """A Prometheus that scrapes one collector by the rules we ship."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10)
        document = answer.json()
        assert document["status"] == "success", f"{expression}: {document}"
        result = document["data"]["result"]
        return result if document["data"]["resultType"] == "vector" else [{"value": result}]

    def message(self, expression: str) -> bool:
        """Whether an expression gives something, or gave it within the last five minutes."""
        within = f"count_over_time(({expression})[5m:1s])"
        return bool(self.query(expression) or self.query(within))

    def value(self, expression: str) -> float:
        """The value of an expression that gives one, or 0 where it gives nothing."""
        found = self.query(expression)
        return float(found[0]["value"][1]) if found else 0.0

    def exemplars(self, expression: str) -> list[dict[str, Any]]:
        period = {"start": str(time.time() - 300), "end": str(time.time() + 1)}
        address = f"{self.url}/api/v1/query_exemplars"
        answer = httpx.get(address, params={"query": expression, **period}, timeout=10)
        return [e for series in answer.json()["data"] for e in series["exemplars"]]


@dataclass
class Inbox:
    """What Alertmanager told the webhook, in order; one item a notification."""

    port: int
    notifications: list[dict[str, Any]] = field(default_factory=list)

    def alerts(self, status: str, name: str = "") -> list[dict[str, Any]]:
        return [
            alert
            for notification in list(self.notifications)
            for alert in notification["alerts"]
            if alert["status"] == status and alert["labels"]["alertname"].startswith(name)
        ]


@dataclass
class Watch:
    """Everything together: a collector, who scrapes it, and who is told."""

    collector: Collector
    prometheus: Prometheus
    inbox: Inbox
    limits: RuleSettings


@contextmanager
def process(command: list[str], ready: str, folder: Path) -> Iterator[None]:
    with (folder / f"{command[0]}.log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            until(lambda: answers(ready), command[0])
            yield
        finally:
            running.terminate()
            running.wait(20)


@contextmanager
def webhook() -> Iterator[Inbox]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            inbox.notifications.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    inbox = Inbox(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def alertmanager_config(inbox: Inbox) -> str:
    """The configuration we ship, telling the inbox, and without the waits of everyday life."""
    shipped = (FILES / "alertmanager.yml").read_text(encoding="utf-8")
    config = yaml.safe_load(shipped)
    config["route"] |= {"receiver": "webhook", "group_wait": "1s", "group_interval": "1s"}
    [receiver] = [r for r in config["receivers"] if r["name"] == "webhook"]
    receiver["webhook_configs"][0]["url"] = f"http://127.0.0.1:{inbox.port}/"
    config["receivers"] = [receiver]
    return yaml.safe_dump(config)


@contextmanager
def alertmanager(folder: Path, inbox: Inbox) -> Iterator[int]:
    port = free_port()
    (folder / "alertmanager.yml").write_text(alertmanager_config(inbox))
    command = [
        "prometheus-alertmanager",
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with process(command, f"http://127.0.0.1:{port}/-/ready", folder):
        yield port


@contextmanager
def prometheus(
    folder: Path, collector: Collector, reported: int, limits: RuleSettings
) -> Iterator[str]:
    port = free_port()
    (folder / "key").write_text(KEY)
    scrape = {
        "job_name": limits.job,
        "authorization": {"credentials_file": str(folder / "key")},
        "static_configs": [{"targets": [f"127.0.0.1:{collector.port}"]}],
    }
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in write(limits, folder / "rules")],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{reported}"]}]}]
        },
        "scrape_configs": [scrape],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
    ]
    with process(command, f"http://127.0.0.1:{port}/-/ready", folder):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A collector that judges a turn a second after its last span."""
    running = Collector(tmp_path, {"GROUNDWIRE_TRACE_IDLE_SECONDS": "1"})
    running.start()
    yield running
    running.stop()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """Starts a collector with these settings, watched by the rules with these limits."""
    with ExitStack() as stack:

        def start(settings: dict[str, str], limits: dict[str, Any]) -> Watch:
            collector = Collector(tmp_path, settings)
            stack.callback(collector.stop, signal.SIGKILL)
            collector.start()
            chosen = RuleSettings.model_validate({"collector_url": collector.url, **limits})
            inbox = stack.enter_context(webhook())
            reported = stack.enter_context(alertmanager(tmp_path, inbox))
            url = stack.enter_context(prometheus(tmp_path, collector, reported, chosen))
            return Watch(collector, Prometheus(url), inbox, chosen)

        yield start


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    return until
