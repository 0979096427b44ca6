"""Pictures and checks of every dashboard, drawn by Grafana's components: `make dashboards-drawn`.

python -m dashboards.drawing [--out docs/images] [--keep FOLDER] [--every FOLDER]

Needs Prometheus, npm and Chromium. `--keep` keeps the simulated metrics for the next run; `--every`
writes every state in both themes and widths as well, to be looked through.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dashboards.build import BOARDS, ROOT, document
from dashboards.drawing import drawing
from dashboards.drawing.checks import Drawn, complaints
from dashboards.drawing.drawing import Job
from dashboards.drawing.states import CHECKED, INCIDENTS, STATES

PICTURED = "alarm"  # the state of the pictures of the documentation
SIZES = ((1440, 900), (1920, 1080))
THEMES = ("dark", "light")


def main() -> None:
    """Write the pictures; exits with 1 where a check complains."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--every", type=Path)
    options = parser.parse_args()
    boards = {name: document(board()) for name, board in BOARDS.items()}
    drawing.prepare()
    with _folder(options.keep) as folder:
        drawn = checked(boards, folder, pictures(options.out.resolve(), folder), STATES)
        if options.every:
            drawing.draw(every(options.every.resolve(), folder), folder)
    found = [line for each in drawn for line in complaints(each)]
    sys.exit("\n".join(found) if found else 0)


def checked(
    boards: drawing.Boards, folder: Path, further: list[Job], names: Iterable[str]
) -> list[Drawn]:
    """Draw every dashboard in the states to check, and `further` jobs."""
    tsdb = drawing.Tsdb(folder / "tsdb")
    if not tsdb.folder.exists():
        drawing.fill(folder, names)
    drawing.record_all(tsdb, boards, names, folder)
    for name, board in boards.items():
        (folder / f"{name}.json").write_text(json.dumps(board))
    drawn = [(state, name) for state in CHECKED for name in boards]
    drawn += [(state, "overview") for state in names if state not in CHECKED]
    reports = {(state, name): folder / f"{state}-{name}.report" for state, name in drawn}
    jobs = [_job(name, state, folder, report=str(file)) for (state, name), file in reports.items()]
    drawing.draw([*jobs, *further], folder)
    return [Drawn(boards[name], state, _panels(file)) for (state, name), file in reports.items()]


def pictures(out: Path, folder: Path) -> list[Job]:
    """The documentation's pictures: each first screen, and the Overview of each incident."""
    out.mkdir(parents=True, exist_ok=True)
    shown = [_job(name, PICTURED, folder, picture=str(out / f"{name}.png")) for name in BOARDS]
    return shown + [
        _job("overview", state, folder, picture=str(out / f"incident-{state}.png"))
        for state in INCIDENTS
        if state != PICTURED
    ]


def every(out: Path, folder: Path) -> Iterator[Job]:
    """Every state of every dashboard in both themes and widths, rows opened."""
    out.mkdir(parents=True, exist_ok=True)
    for state in STATES:
        for name in BOARDS:
            for width, height in SIZES:
                for theme in THEMES:
                    picture = str(out / f"{state}-{name}-{width}-{theme}.png")
                    size: dict[str, Any] = {"width": width, "height": height, "theme": theme}
                    yield _job(name, state, folder, picture=picture, **size)


def _job(name: str, state: str, folder: Path, **more: Any) -> Job:
    return Job(str(folder / f"{name}.json"), str(folder / f"{state}-{name}.json"), **more)


def _panels(file: Path) -> list[dict[str, Any]]:
    found = json.loads(file.read_text())
    if errors := found["errors"]:
        raise RuntimeError(f"{file.name}: {errors}")
    panels: list[dict[str, Any]] = found["panels"]
    return panels


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    temporary = Path(tempfile.mkdtemp())
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary)


if __name__ == "__main__":
    main()
