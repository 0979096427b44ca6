"""Grafana's components, run in Chromium by tools/grafana, over recorded answers."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashboards.drawing import states
from dashboards.drawing.answers import record
from dashboards.drawing.tsdb import Tsdb

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "grafana"
SOURCES = ("package-lock.json", "build.mjs", "src")
Boards = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Job:
    """One drawing of one dashboard; see tools/grafana/draw.mjs."""

    board: str
    answers: str
    width: int = 1440
    height: int = 900
    theme: str = "dark"
    report: str = ""
    picture: str = ""
    whole: bool = False


def prepare() -> None:
    """Install and bundle the tool where its sources changed; raises CalledProcessError."""
    mark, wanted = TOOL / "build" / "sources.sha256", _digest()
    if mark.exists() and mark.read_text() == wanted:
        return
    lock = TOOL / "package-lock.json"
    installed = TOOL / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run("npm", "ci", "--ignore-scripts", "--silent")
    _run("node", "build.mjs")
    mark.write_text(wanted)


def draw(jobs: Iterable[Job], folder: Path) -> None:
    """Draw every job, one after another; raises CalledProcessError with what node wrote."""
    listed = folder / "jobs.json"
    listed.write_text(json.dumps([asdict(job) for job in jobs]))
    _run("node", "draw.mjs", str(listed))


def fill(folder: Path, names: Iterable[str]) -> Tsdb:
    """Prometheus database with these states and their recorded series."""
    tsdb, chosen = Tsdb(folder / "tsdb"), [name for name in names if states.STATES[name]().cohorts]
    for name in chosen:
        tsdb.store(states.simulate(name))
    tsdb.record([states.known(name) for name in chosen])
    return tsdb


def record_all(tsdb: Tsdb, boards: Boards, names: Iterable[str], folder: Path) -> None:
    """Write the answers to every dashboard in every state: `STATE-BOARD.json`."""
    with tsdb.served() as server:
        for state in names:
            for name, board in boards.items():
                found = record(server, board, states.shown(state))
                (folder / f"{state}-{name}.json").write_text(json.dumps(found))


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=TOOL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def _digest() -> str:
    files = [path for name in SOURCES for path in sorted(_files(TOOL / name))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
