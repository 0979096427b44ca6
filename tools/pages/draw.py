"""Pictures of the pages for the documentation, of the demo's store.

    python tools/pages/draw.py [--store FOLDER] [--out docs/images]

Runs `groundwire demo` into a new folder, unless the folder of an earlier run is named, and takes
pictures of each page in Chromium. Needs Chromium and Playwright.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from sqlalchemy import Connection, Engine, func, select

from groundwire_collector.app import create_app
from groundwire_collector.settings import KEY_FILE, Settings
from groundwire_collector.storage import sessions, turns
from groundwire_collector.storage.sessions import SessionState
from groundwire_collector.storage.tables.turns import TURN_LISTING
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery

DESK, PHONE = (1280, 860), (390, 844)
SESSION = "visit-17"
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@dataclass(frozen=True)
class Picture:
    """File name, address, size and colour scheme of a picture."""

    name: str
    path: str
    size: tuple[int, int] = DESK
    scheme: str = "light"


def pictures(engine: Engine) -> list[Picture]:
    """Every page, over the time of the demo."""
    c = TURN_LISTING.c
    with engine.connect() as connection:
        first, last = connection.execute(
            select(func.min(c.started_ns), func.max(c.started_ns))
        ).one()
        versions = list(
            connection.scalars(
                select(c.model_version)
                .where(c.diagnostic.is_(False))
                .group_by(c.model_version)
                .order_by(func.min(c.started_ns))
            )
        )
        service = connection.scalar(select(c.service).limit(1))
        worst = _telling(connection, versions[-1])
    time = urlencode({"since": first // 10**9, "until": last // 10**9 + 1})
    pair = urlencode({"service": service, "baseline": versions[0], "candidate": versions[-1]})
    turn = f"/turns/{worst.turn.id}?{urlencode({'model_version': versions[-1]})}"
    return [
        Picture("page-overview", f"/?{time}"),
        Picture("page-overview-dark", f"/?{time}", scheme="dark"),
        Picture("page-turns", "/turns"),
        Picture("page-turn", turn),
        Picture("page-turn-phone", turn, PHONE),
        Picture("page-session", f"/sessions/{service}/{SESSION}"),
        Picture("page-alarms", "/alarms"),
        Picture("page-alarm-phone", "/alarms/1", PHONE, "dark"),
        Picture("page-compare", f"/compare?{pair}"),
        Picture("page-estimates", "/estimates"),
        Picture("page-labels", "/labels"),
    ]


def _telling(connection: Connection, version: str) -> JudgedTurn:
    """A wrong answer of several sentences."""
    wrong = TurnQuery(verdict="contradicted", model_version=version, order="worst", limit=200)
    return max(turns.find(connection, wrong), key=lambda item: len(item.turn.answer or ""))


def add_conversation(engine: Engine) -> None:
    """Store three turns of the demo as one conversation: its questions come without sessions."""
    c = TURN_LISTING.c
    with engine.begin() as connection:
        ours = c.diagnostic.is_(False)
        latest = select(c.model_version).where(ours).order_by(c.started_ns.desc()).limit(1)
        newest = connection.scalar(latest)
        supported = TurnQuery(order="oldest", verdict="supported", limit=60)
        found = [*turns.find(connection, supported)[-2:], _telling(connection, newest or "")]
        asked = [
            JudgedTurn(replace(item.turn, session_id=SESSION), item.evaluations) for item in found
        ]
        turns.save(connection, asked)
        starts = [item.turn.started_at for item in asked]
        times = [round(start.timestamp() * 1e9) for start in starts if start is not None]
        state = SessionState(SESSION, asked[0].turn.service, min(times), max(times), scored=True)
        sessions.save(connection, [state])


def draw(address: str, key: str, wanted: list[Picture], out: Path) -> None:
    """Take the pictures, each in a window of its own size and scheme."""
    playwright_api = import_module("playwright.sync_api")
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for picture in wanted:
            width, height = picture.size
            size = {"width": width, "height": height}
            context = chromium.new_context(viewport=size, color_scheme=picture.scheme)
            window: Any = context.new_page()
            window.goto(f"{address}/login")
            window.fill("input[name=key]", key)
            window.click("button")
            window.goto(address + picture.path)
            window.screenshot(path=out / f"{picture.name}.png")
            context.close()
        chromium.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a free loopback port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--store", type=Path, help="data folder of an earlier demo")
    options.add_argument("--out", type=Path, default=Path("docs/images"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = chosen.store or Path(folder) / "demo"
        if chosen.store is None:
            command = [sys.executable, "-m", "groundwire_demo", "--data-dir", str(store)]
            subprocess.run(command, check=True)
        app = create_app(Settings(data_dir=store))
        add_conversation(app.state.engine)
        key = (store / KEY_FILE).read_text(encoding="ascii").strip()
        wanted = pictures(app.state.engine)
        with serving(app) as address:
            draw(address, key, wanted, chosen.out)


if __name__ == "__main__":
    main()
