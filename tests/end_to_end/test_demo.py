"""`groundwire demo`, run for real: application, model server, collector, Prometheus.

Shorter than the default: fewer turns, and a baseline of fewer, by the collector's own setting.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from groundwire_demo.standin.models import ContextReader
from groundwire_demo.standin.server import StandIn

RUN = "import sys; from groundwire_collector.cli import main; sys.argv[0] = 'groundwire'; main()"
TURNS = 600
RATE = "100"  # a second: more than is judged in the time


NOTHING: Mapping[str, str] = {}


def environment(further: Mapping[str, str] = NOTHING) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    return {**plain, "GROUNDWIRE_BASELINE_TURNS": "150", "GROUNDWIRE_BASELINE_DAYS": "0", **further}


def command(data_dir: Path, *options: str) -> list[str]:
    requested = ["--turns", str(TURNS), "--rate", RATE, "--data-dir", str(data_dir)]
    return [sys.executable, "-c", RUN, "demo", *requested, *options]


def demo(
    data_dir: Path, *options: str, further: Mapping[str, str] = NOTHING
) -> subprocess.CompletedProcess[str]:
    """A finished demo; the recorded model answers unless `options` or `further` say otherwise."""
    return subprocess.run(
        command(data_dir, *options),
        env=environment(further),
        capture_output=True,
        text=True,
        timeout=280,
    )


@pytest.fixture(scope="module")
def rollout(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return demo(tmp_path_factory.mktemp("rollout"), "--scripted")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    return demo(tmp_path_factory.mktemp("replay"))


def alarms(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ended.stdout.splitlines() if line.startswith("ALARM ")]


def test_a_rollout_that_stops_reading_its_context_raises_the_alarm(
    rollout: subprocess.CompletedProcess[str],
) -> None:
    assert rollout.returncode == 0, rollout.stdout + rollout.stderr
    assert "The rollout was detected" in rollout.stdout
    assert "override" in {line.split()[1] for line in alarms(rollout)}


def test_each_alarm_names_the_model_that_was_rolled_out_and_comes_after_it(
    rollout: subprocess.CompletedProcess[str],
) -> None:
    assert alarms(rollout)
    for line in alarms(rollout):
        assert "attributed to model_version tarn-8b-ft (cause: model)" in line
        assert int(line.split("turn ")[1].split(":")[0]) > TURNS // 2


def test_the_end_shows_the_worst_answers_with_what_is_unsupported_marked(
    rollout: subprocess.CompletedProcess[str],
) -> None:
    answers = rollout.stdout.split("The worst answers")[1]
    assert answers.count("tarn-8b-ft, turn ") == 3
    assert answers.count("»") >= 3


def test_a_real_fine_tune_raises_an_alarm_that_names_it(
    replay: subprocess.CompletedProcess[str],
) -> None:
    assert replay.returncode == 0, replay.stdout + replay.stderr
    assert "override" in {line.split()[1] for line in alarms(replay)}
    for line in alarms(replay):
        assert "attributed to model_version smollm2-135m-ft (cause: model)" in line
        assert int(line.split("turn ")[1].split(":")[0]) > TURNS // 2


def test_the_end_says_what_the_real_answers_did_beside_what_was_flagged(
    replay: subprocess.CompletedProcess[str],
) -> None:
    [line] = [each for each in replay.stdout.splitlines() if each.startswith("smollm2-135m-ft: ")]
    found = re.search(r"(\d+) of (\d+) answers came from memory; Groundwire flagged (\d+)", line)
    assert found is not None
    memory, answers, flagged = map(int, found.groups())
    assert answers == TURNS // 2
    assert answers > memory >= flagged > memory / 2


@pytest.mark.needs("prometheus", "alertmanager")
def test_the_alert_arrives_through_prometheus_and_alertmanager(
    rollout: subprocess.CompletedProcess[str],
) -> None:
    assert "webhook: GroundwireDrift firing: " in rollout.stdout


@pytest.mark.parametrize("options", [(), ("--scripted",)], ids=["recorded", "scripted"])
def test_without_a_rollout_the_collector_stays_silent(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    ended = demo(tmp_path / "data", "--no-rollout", *options)
    assert alarms(ended) == []
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "No rollout, and no alarm." in ended.stdout


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").touch()
    ended = demo(tmp_path)
    assert ended.returncode == 1
    assert "is not empty" in ended.stderr


def test_an_endpoint_named_in_the_environment_answers_instead(tmp_path: Path) -> None:
    server = StandIn({"my-model": ContextReader(random.Random(3))})
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        ended = demo(
            tmp_path,
            *("--no-rollout", "--turns", "100"),
            further={"GROUNDWIRE_DEMO_LLM": f"{server.base_url} my-model"},
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"my-model at {server.base_url}" in ended.stdout
    assert "scripted" not in ended.stdout


def test_an_endpoint_that_does_not_answer_is_reported_as_such(tmp_path: Path) -> None:
    ended = demo(
        tmp_path, "--no-rollout", further={"GROUNDWIRE_DEMO_LLM": "http://127.0.0.1:9/v1 none"}
    )
    assert ended.returncode == 1
    assert "the model server at http://127.0.0.1:9/v1 does not answer" in ended.stderr


def test_ending_the_demo_ends_what_it_started(tmp_path: Path) -> None:
    with subprocess.Popen(
        command(tmp_path), env=environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("collector"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 130
    with pytest.raises(httpx.ConnectError):
        httpx.get(line.split()[1].rstrip(",") + "/healthz")


def test_a_rollout_before_there_can_be_a_baseline_is_refused(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--turns", "300", "--rate", "25")
    assert ended.returncode == 1
    assert "--turns 390 or more" in ended.stderr


def test_the_options_are_explained() -> None:
    requested = [sys.executable, "-c", RUN, "demo", "--help"]
    reported = subprocess.run(requested, capture_output=True, text=True, timeout=60).stdout
    options = (
        *("--turns", "--rate", "--no-rollout", "--memory-agrees", "--scripted", "--live", "--keep"),
        "--data-dir",
    )
    for option in options:
        assert option in reported
    assert "GROUNDWIRE_DEMO_LLM" in reported
