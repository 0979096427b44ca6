"""Local Prometheus and Alertmanager with the shipped rules and a webhook."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings
from groundwire_demo.collector import Collector
from groundwire_demo.process import await_ready, ended_at_last, free_port

PROGRAMS = ("prometheus", "prometheus-alertmanager")
INSTALL = "apt-get install prometheus prometheus-alertmanager"
_START_SECONDS = 30.0

_PROMETHEUS = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: {rules}
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs:
  - job_name: groundwire
    authorization: {{credentials: {key}}}
    static_configs: [{{targets: ["{collector}"]}}]
"""
_ALERTMANAGER = """\
route: {{receiver: demo, group_by: [alertname, service], group_wait: 1s, group_interval: 1s}}
receivers: [{{name: demo, webhook_configs: [{{url: "http://127.0.0.1:{webhook}/"}}]}}]
"""


@dataclass(frozen=True, slots=True)
class FiredAlert:
    """One alert as received by the webhook."""

    name: str
    status: str
    labels: dict[str, str]
    summary: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> "FiredAlert":
        labels = dict(document.get("labels", {}))
        status = document.get("status", "")
        notes = document.get("annotations", {})
        return cls(labels.get("alertname", ""), status, labels, notes.get("summary", ""))


@dataclass
class Alerting:
    """Running servers, with the alerts received so far."""

    prometheus_url: str
    alertmanager_url: str
    inbox: list[FiredAlert] = field(default_factory=list)

    def fired(self) -> list[FiredAlert]:
        return [alert for alert in list(self.inbox) if alert.status == "firing"]


def missing() -> str | None:
    """Why there will be no Prometheus, in words for the user; None where there will be."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"{' and '.join(absent)} not installed ({INSTALL})"
    return None


@contextmanager
def watching(collector: Collector) -> Iterator[Alerting]:
    """Prometheus and Alertmanager on free ports, their files in the collector's data folder."""
    home = collector.data_dir / "prometheus"
    home.mkdir()
    prometheus, alertmanager = free_port(), free_port()
    found = Alerting(f"http://127.0.0.1:{prometheus}", f"http://127.0.0.1:{alertmanager}")
    with ExitStack() as stack:
        webhook = stack.enter_context(_webhook(found.inbox))
        _write_configuration(home, collector, alertmanager, webhook)
        for command, url in (
            (_alertmanager_command(home, alertmanager), found.alertmanager_url),
            (_prometheus_command(home, prometheus), found.prometheus_url),
        ):
            stack.enter_context(_server(command, url, home))
        yield found


@contextmanager
def _server(command: list[str], url: str, home: Path) -> Iterator[None]:
    log = home / f"{command[0]}.log"
    with (
        log.open("wb") as output,
        ended_at_last(subprocess.Popen(command, stdout=output, stderr=output)) as process,
    ):
        await_ready(process, f"{url}/-/ready", _START_SECONDS, log)
        yield


def _alertmanager_command(home: Path, port: int) -> list[str]:
    return [
        "prometheus-alertmanager",
        f"--config.file={home / 'alertmanager.yml'}",
        f"--storage.path={home / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]


def _prometheus_command(home: Path, port: int) -> list[str]:
    return [
        "prometheus",
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.external-url=http://127.0.0.1:{port}",
        "--enable-feature=exemplar-storage",
    ]


def _write_configuration(home: Path, collector: Collector, alertmanager: int, webhook: int) -> None:
    # The rules as shipped, looked at each second, less what compares windows of hours: the demo has
    # a minute, and a page told of that would take back the ticket that names the version.
    changed = {"interval": 1, "ticket_after": 0, "min_turns": 1_000_000}
    limits = RuleSettings.model_validate({"collector_url": collector.url, **changed})
    rules = write(limits, home / "rules")
    prometheus_yml = home / "prometheus.yml"
    prometheus_yml.touch(mode=0o600)  # it holds the key
    prometheus_yml.write_text(
        _PROMETHEUS.format(
            rules=json.dumps([str(path.resolve()) for path in rules]),
            alertmanager=alertmanager,
            key=json.dumps(collector.api_key),
            collector=collector.url.removeprefix("http://"),
        )
    )
    (home / "alertmanager.yml").write_text(_ALERTMANAGER.format(webhook=webhook))


@contextmanager
def _webhook(inbox: list[FiredAlert]) -> Iterator[int]:
    """Local webhook receiver; yields its port."""

    class Receiver(BaseHTTPRequestHandler):
        """HTTP server that records webhook alerts."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.extend(FiredAlert.of(document) for document in body.get("alerts", ()))
            self.send_response(HTTPStatus.NO_CONTENT)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """The demo shows what arrives."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
