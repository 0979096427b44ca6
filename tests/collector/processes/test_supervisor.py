"""What ends beside the receiver is started again; two collectors share no SQLite folder."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.test_crash import trace_body
from tests.ports import free_port
from tests.running import COMMAND, collector, until


def test_a_killed_worker_is_started_again_while_the_receiver_goes_on(tmp_path: Path) -> None:
    with collector(tmp_path) as running:
        worker = until(running.worker)
        worker.kill()
        worker.wait()
        assert running.post(trace_body(f"{1:032x}")) == 200
        until(lambda: running.metric("groundwire_turns_total") == 1)
        assert running.metric("groundwire_process_restarts_total") == 1
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0


def test_a_second_collector_on_a_folder_says_so_in_one_line_and_leaves_the_first_alone(
    tmp_path: Path,
) -> None:
    with collector(tmp_path, GROUNDWIRE_EVALUATORS="none") as running:
        second = subprocess.run(
            [sys.executable, "-c", COMMAND, "up", "--port", str(free_port())],
            env={**os.environ, "GROUNDWIRE_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode != 0
        [line] = second.stderr.splitlines()
        assert "another `groundwire up` runs on" in line
        assert str(tmp_path) in line
        assert running.post(trace_body(f"{1:032x}")) == 200


STOPPED_WHILE_STARTING = """
import os, signal
from groundwire_collector.processes import supervisor

launch = supervisor._launch

def interrupted(name, *more):
    process = launch(name, *more)
    if name == "worker":
        os.kill(os.getpid(), signal.SIGTERM)
    return process

if __name__ == "__main__":
    supervisor._launch = interrupted
    from groundwire_collector.cli import main
    main()
"""


def test_a_signal_while_a_process_is_being_started_ends_that_process_too(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(STOPPED_WHILE_STARTING)
    ports = {"GROUNDWIRE_PORT": str(free_port()), "GROUNDWIRE_GRPC_PORT": str(free_port())}
    done = subprocess.run(
        [sys.executable, str(program), "up"],
        env={**os.environ, **ports, "GROUNDWIRE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "stopping" in done.stdout
