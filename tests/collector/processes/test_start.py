"""What somebody sees who starts the collector for the first time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.ports import free_port

COMMAND = "from groundwire_collector.cli import main; main()"


def test_the_first_start_prints_the_key_and_where_it_is_and_nothing_else(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    port = free_port()
    ports = ["--port", str(port), "--grpc-port", str(free_port())]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", *ports, "--data-dir", str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        assert started.stdout is not None
        lines = []
        for line in started.stdout:
            lines.append(line.strip())
            if "ready" in line:
                break
        os.killpg(started.pid, signal.SIGTERM)
    assert lines[-1] == f"Groundwire is ready: http://127.0.0.1:{port}"
    reported = "\n".join(lines)
    assert "gw_" in reported
    assert "INFO" not in reported
