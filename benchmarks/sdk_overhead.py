"""What the decorator costs the caller, beside hand-written OpenTelemetry and others, in one run.

    python benchmarks/sdk_overhead.py                              # us and OpenTelemetry by hand
    python benchmarks/sdk_overhead.py --peer langfuse=VENV/bin     # others, each in its own venv
    python benchmarks/sdk_overhead.py --dead --calls 100000        # memory and exit, dead backend

The measuring program is `sdk_overhead.py` of the bench folder (GROUNDWIRE_BENCH, else
../shared/bench); this calls it and prints the versions measured. Exits 1 if a target is missed.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
BENCH = Path(os.environ.get("GROUNDWIRE_BENCH", ROOT.parent / "shared" / "bench"))
BIN = str(Path(sys.executable).parent)
PACKAGES = {
    "otel": "opentelemetry-sdk",
    "otel-otlp": "opentelemetry-exporter-otlp-proto-http",
    "groundwire": "groundwire",
    "openinference": "openinference-instrumentation",
    "openinference-default": "openinference-instrumentation",
    "langfuse": "langfuse",
    "logfire": "logfire",
    "opik": "opik",
    "mlflow": "mlflow",
    "trulens": "trulens-core",
}
LOCAL = {"otel", "mlflow", "trulens"}  # send nothing to the sink: dropped, or into a local file
RATIO = 1.5  # of hand-written OpenTelemetry's CPU in the caller's thread, at most
GROWTH_MB, EXIT_S = 64, 2.0  # the interpreter's own end included


def measure(targets: dict[str, str], *options: str) -> list[dict[str, Any]]:
    """Run the measuring program; one record for each target and repeat."""
    named = [f"--target={name}={bindir}" for name, bindir in targets.items()]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        command = [sys.executable, str(BENCH / "sdk_overhead.py"), *named, *options]
        subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in out.read_text().splitlines()]


def version(name: str, bindir: str) -> str:
    """The version of what was measured."""
    code = f"from importlib.metadata import version; print(version({PACKAGES[name]!r}))"
    done = subprocess.run([f"{bindir}/python", "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or "?"


def overhead(targets: dict[str, str], mode: str, calls: int, repeats: int) -> bool:
    """Print the table; whether the target is met."""
    records = measure(targets, "--mode", mode, f"--calls={calls}", f"--repeats={repeats}")
    by_name: dict[str, list[dict[str, Any]]] = {name: [] for name in targets}
    for record in records:
        if "failed" in record:
            print(f"{record['variant']}: failed: {record['failed'][-300:]}", file=sys.stderr)
        else:
            by_name[record["variant"]].append(record)
    print(f"{mode}, {calls} turns, median of {repeats}; microseconds added a turn (3 spans)")
    print("| variant | version | CPU p50 | CPU p99 | wall p50 | CPU p50 / otel | delivered |")
    print("|---|---|---|---|---|---|---|")
    sent = 3 * (calls + (300 if mode == "burst" else 100))
    ratio = float("inf")
    for name, found in by_name.items():
        if not found:
            continue
        pairs = zip(found, by_name["otel"], strict=False)
        times = median(one["cpu_us"][0] / floor["cpu_us"][0] for one, floor in pairs)
        ratio = times if name == "groundwire" else ratio
        cells = [
            name,
            version(name, targets[name]),
            *(f"{median(r['cpu_us'][i] for r in found):.0f}" for i in (0, 1)),
            f"{median(r['wall_us'][0] for r in found):.0f}",
            f"{times:.1f}",
            "n/a" if name in LOCAL else f"{median(r['sink']['spans'] for r in found) / sent:.0%}",
        ]
        print("| " + " | ".join(cells) + " |")
    return ratio <= RATIO


def dead(targets: dict[str, str], calls: int) -> bool:
    """Print what a dead backend costs; whether the targets are met."""
    print("| variant | backend | turns | growth MB | exit s | raised | exported, dropped, failed |")
    print("|---|---|---|---|---|---|---|")
    good = True
    for backend in ("refused", "blackhole"):
        options = (f"--backend={backend}", f"--calls={calls}", "--repeats=1", "--max-s=280")
        for record in measure(targets, "--mode=memory", *options):
            growth = record["max_rss_mb"] - record["rss_mb"][0]
            stats = record.get("stats", {})
            counts = ", ".join(str(value) for value in stats.values()) or "not told"
            cells = [record["variant"], backend, record["calls"], growth, record["exit_s"]]
            print("| " + " | ".join(map(str, [*cells, record["raised"], counts])) + " |")
            if record["variant"] == "groundwire":
                good &= growth <= GROWTH_MB and record["exit_s"] <= EXIT_S
                good &= record["raised"] == 0 and record["calls"] == calls
    return good


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=BINDIR")
    parser.add_argument("--mode", choices=["burst", "paced"], default="burst")
    parser.add_argument("--dead", action="store_true")
    parser.add_argument("--calls", type=int)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    targets = {"otel": BIN, "otel-otlp": BIN, "groundwire": BIN}
    targets.update(peer.split("=", 1) for peer in given.peer)
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    if given.dead:
        del targets["otel"]
        return 0 if dead(targets, given.calls or 100_000) else 1
    return 0 if overhead(targets, given.mode, given.calls or 1_000, given.repeats) else 1


if __name__ == "__main__":
    sys.exit(main())
