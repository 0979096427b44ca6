"""Processes of a collector: they share what is loaded, and end with their supervisor."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.running import collector, until

from groundwire_collector.processes.supervisor import Folder
from groundwire_collector.settings import Settings

PARENT = """
import os, sys, time
from groundwire_collector.processes.launching import launch

def idle(number):
    open(os.path.join(sys.argv[1], f"{number}-{os.getpid()}"), "x").close()
    time.sleep(600)

if __name__ == "__main__":
    children = [launch(str(number), idle, number) for number in range(3)]
    children[0].join()
"""


def test_children_end_with_their_parent_though_it_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PARENT)
    folder = tmp_path / "children"
    folder.mkdir()
    with subprocess.Popen([sys.executable, str(program), str(folder)]) as parent:
        until(lambda: len(list(folder.iterdir())) == 3)
        children = [int(path.name.partition("-")[2]) for path in folder.iterdir()]
        os.kill(parent.pid, signal.SIGKILL)
    until(lambda: not any(psutil.pid_exists(child) for child in children), 20)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each process loads its own")
def test_receiver_and_worker_have_names_and_share_what_the_supervisor_loaded(
    tmp_path: Path,
) -> None:
    with collector(tmp_path) as running:
        until(running.worker)
        supervisor = psutil.Process(running.process.pid)
        assert supervisor.num_threads() == 1  # what is forked beside threads may lack their locks
        children = supervisor.children()
        assert {child.name() for child in children} == {"gw-receiver", "gw-worker"}
        for child in children:
            memory = child.memory_full_info()
            assert memory.rss - memory.uss > 40_000_000, child.name()


def test_a_child_does_not_hold_the_lock_of_the_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    folder = Folder.locked(settings)
    assert folder is not None
    running, child_runs = os.pipe()
    over, end = os.pipe()
    child = os.fork()
    if not child:
        os.close(end)
        os.write(child_runs, b"x")
        os.read(over, 1)
        os._exit(0)
    os.read(running, 1)
    folder.release()
    again = Folder.locked(settings)
    assert again is not None
    again.release()
    for descriptor in (running, child_runs, over, end):
        os.close(descriptor)
    os.waitpid(child, 0)
