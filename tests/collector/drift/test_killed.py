"""kill -9 in the middle of the stream changes no alarm."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import select

from groundwire import attributes
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baselines
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.tables.drift import ALARM, BASELINE, DETECTOR

SECOND = 1_000_000_000
KILLS = int(os.environ.get("GROUNDWIRE_CRASH_KILLS", "3"))
WORKER = Path(__file__).with_name("worker_to_kill.py")


def span(number: int, loss: float, version: str) -> Span:
    def message(role: str, text: str) -> str:
        return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])

    start = (1_700_000_000 + number * 60) * SECOND
    return Span(
        trace_id=f"{number + 1:032x}",
        span_id=f"{number + 1:016x}",
        service="bot",
        scope=attributes.SCOPE,
        name="ask",
        start_ns=start,
        end_ns=start + SECOND,
        attributes={
            attributes.OPERATION: attributes.OPERATION_TURN,
            attributes.INPUT_MESSAGES: message("user", "How long?"),
            attributes.OUTPUT_MESSAGES: message("assistant", f"{loss:.4f}"),
            attributes.MODEL_VERSION: version,
            attributes.ANSWER_COMPLETE: True,
        },
    )


def stream(folder: Path) -> None:
    """A baseline, a rollout that is bad, and the way back."""
    settings = Settings(data_dir=folder)
    engine = open_engine(settings)
    make_schema(engine)
    rng = random.Random(11)
    for number in range(420):
        version = "ft-2" if 200 <= number < 260 and rng.random() < 0.7 else "ft-1"
        bad = rng.random() < (0.6 if version == "ft-2" else 0.05)
        loss = rng.uniform(0.7, 1.0) if bad else rng.uniform(0.0, 0.2)
        SpanStore(engine).add([span(number, loss, version)])
    engine.dispose()


def run(folder: Path, kill_after: int | None) -> bool:
    """Let a worker go on, and kill it after so many commits; whether it came to the end."""
    command = [sys.executable, str(WORKER), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        for commits, _ in enumerate(worker.stdout, 1):
            if commits == kill_after:
                worker.send_signal(signal.SIGKILL)
                break
    return worker.returncode == 0


def known(folder: Path) -> dict[str, object]:
    """All that the monitor has written down."""
    engine = open_engine(Settings(data_dir=folder))
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(str, connection.execute(select(table)).all()))
            for table in (ALARM, BASELINE, DETECTOR)
        }
        found["parts"] = baselines.parts(connection)
        found["states"] = baselines.states(connection)
    engine.dispose()
    return found


def test_a_worker_that_is_killed_again_and_again_ends_with_the_same_alarms(tmp_path):
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    for folder in (calm, killed):
        stream(folder)
    assert run(calm, None)
    chance = random.Random()
    for _ in range(KILLS):
        run(killed, chance.randint(1, 14))
    while not run(killed, None):
        pass
    expected, found = known(calm), known(killed)
    assert found == expected
    [alarm] = expected["alarm"]  # there was something to be told
    assert "'ft-2'" in alarm
