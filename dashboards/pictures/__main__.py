"""Pictures of every dashboard, from a run of the demo:

    python -m dashboards.pictures [--turns 4000] [--rate 20] [--out docs/images]

Starts `groundwire demo --keep` and a Prometheus of its own beside it, with the shipped rules but
windows of half a minute, runs the queries of every panel over the whole run, draws them, and has
Chromium (`chromium` on the path) make PNG files. Takes the time of the run, some four minutes.
Needs Pillow, which `pip install 'groundwire[plots]'` brings.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from dashboards.build import BOARDS, ROOT, document
from dashboards.pictures.answers import Answers
from dashboards.pictures.page import WIDTH, page
from groundwire_collector.alerting.rules.rendering import write
from groundwire_collector.alerting.rules.settings import RuleSettings

SECONDS = 30  # of "now"
COLOURS = 256
REPORT_HEIGHT = "<script>document.title = document.documentElement.offsetHeight</script>"
PRICES = """
currency = "USD"
[models."tarn-*"]
input = 0.40
output = 1.60
"""
VARIABLES = {
    **dict.fromkeys(("service", "model_version", "prompt_version", "index_version"), ".*"),
    "evaluator": "grounding",
    "old": "tarn-8b",
    "new": "tarn-8b-ft",
    "__rate_interval": "20s",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--turns", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, demo(Path(name), options) as output:
        collector = wait_for(output, r"collector\s+(http://127\.0\.0\.1:\d+)")
        with prometheus(Path(name), collector) as url:
            start = time.time()
            wait_for(output, r"(Ctrl-C ends everything)")
            end = time.time()
            shown = {**VARIABLES, "__range": f"{end - start:.0f}s"}
            answers = Answers(url, start + 5, end, shown)
            for board, built in BOARDS.items():
                shoot(page(document(built()), answers), Path(name), options.out / f"{board}.png")
                print(f"{options.out / f'{board}.png'}")


@contextmanager
def demo(folder: Path, options: argparse.Namespace) -> Iterator[Path]:
    """Run the demo with --keep; yields its output file."""
    prices, output = folder / "prices.toml", folder / "demo.txt"
    prices.write_text(PRICES)
    command = [sys.executable, "-m", "groundwire_demo", "--keep", "--turns", str(options.turns)]
    command += ["--rate", str(options.rate), "--data-dir", str(folder / "demo")]
    environment = {**os.environ, "GROUNDWIRE_PRICES": str(prices), "PYTHONUNBUFFERED": "1"}
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=ROOT, env=environment)
        try:
            yield output
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def wait_for(output: Path, pattern: str, seconds: float = 1200.0) -> str:
    """Wait for a pattern in the demo's output."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := re.search(pattern, output.read_text(errors="replace")):
            return found[1]
        time.sleep(0.5)
    raise SystemExit(f"the demo did not say {pattern}:\n{output.read_text(errors='replace')}")


@contextmanager
def prometheus(folder: Path, collector: str) -> Iterator[str]:
    """One that looks each second, with windows of half a minute."""
    limits = RuleSettings.model_validate(
        {"interval": 1, "reference_interval": 1, "current_window": SECONDS, "reference_window": 120}
    )
    scraped: dict[str, Any] = {
        "job_name": limits.job,
        "static_configs": [{"targets": [collector.removeprefix("http://")]}],
    }
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in write(limits, folder / "rules")],
        "scrape_configs": [scraped],
    }
    file = folder / "prometheus.yml"
    file.write_text(json.dumps(configuration))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={file}", f"--web.listen-address={address}"]
    command += [f"--storage.tsdb.path={folder / 'tsdb'}"]
    with (folder / "prometheus.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while not ready(f"http://{address}/-/ready"):
                time.sleep(0.2)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(20)


def ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def shoot(html: str, folder: Path, picture: Path) -> None:
    """A picture of a page, as tall as the page is, in the few colours that it has."""
    file = folder / "page.html"
    file.write_text(html + REPORT_HEIGHT, encoding="utf-8")
    dumped = chromium(folder, "--dump-dom", file.as_uri())
    height = re.search(r"<title>(\d+)</title>", dumped)
    assert height is not None
    size = f"--window-size={WIDTH},{height[1]}"
    chromium(folder, size, f"--screenshot={picture}", file.as_uri())
    drawn = Image.open(picture).convert("RGB")
    drawn.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(picture, optimize=True)


def chromium(folder: Path, *arguments: str) -> str:
    parser = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    parser += [f"--user-data-dir={folder / 'chromium'}"]
    done = subprocess.run(
        ["chromium", *parser, *arguments], check=True, capture_output=True, text=True, timeout=120
    )
    return done.stdout


if __name__ == "__main__":
    main()
