"""What somebody sees who starts the collector for the first time."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.ports import free_port

from groundwire_collector.settings import KEY_FILE

COMMAND = "from groundwire_collector.cli import main; main()"


def first_lines(data_dir: Path) -> list[str]:
    """What `groundwire up` prints until it is ready."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    ports = ["--port", str(free_port()), "--grpc-port", str(free_port())]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", *ports, "--data-dir", str(data_dir)],
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
    assert lines[-1] == f"Groundwire is ready: http://127.0.0.1:{ports[1]}"
    return lines


def test_the_first_start_prints_the_key_and_a_later_one_where_it_is(tmp_path: Path) -> None:
    first, later = ("\n".join(first_lines(tmp_path)) for _ in range(2))
    key = (tmp_path / KEY_FILE).read_text(encoding="ascii").strip()
    assert key in first
    assert "INFO" not in first
    assert key not in later
    assert str(tmp_path / KEY_FILE) in later
