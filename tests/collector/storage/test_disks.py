"""A disk that is really full, and one that is really read-only, under a whole collector."""

import http.client
import os
import random
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.disks import Lacking, mount, small_disk
from tests.ports import free_port

from groundwire_collector.settings import Settings
from groundwire_collector.storage import progress
from groundwire_collector.storage.engine import open_engine
from groundwire_collector.storage.spans import spans_of

HEADERS = {"Authorization": "Bearer gw_disk", "Content-Type": "application/x-protobuf"}
COMMAND = "from groundwire_collector.cli import main; main()"
BALLAST = 14 * 2**20


@pytest.fixture
def disk(tmp_path: Path, lacking: Lacking) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "20m", lacking) as folder:
        yield folder


@pytest.fixture
def broken_disk(tmp_path: Path, lacking: Lacking) -> Iterator[Path]:
    """An ext4 that becomes read-only when it is told that its device failed."""
    folder, image = tmp_path / "disk", tmp_path / "image"
    folder.mkdir()
    image.write_bytes(bytes(32 * 2**20))
    try:
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, capture_output=True)
        mount("-o", "loop,errors=remount-ro", str(image), str(folder))
    except (OSError, subprocess.CalledProcessError):
        lacking("the right to mount a disk", "apt-get install e2fsprogs, and run as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@contextmanager
def collector(folder: Path, evaluators: str = "none") -> Iterator[int]:
    """The whole collector on that disk; its port."""
    port, grpc_port = free_port(), free_port()
    environment = {
        **os.environ,
        "GROUNDWIRE_API_KEY": "gw_disk",
        "GROUNDWIRE_EVALUATORS": evaluators,
    }
    arguments = ["--port", str(port), "--grpc-port", str(grpc_port), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: ready(port) == 200)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def until(true: object) -> None:
    give_up = time.monotonic() + 60
    while not true():  # type: ignore[operator]
        assert time.monotonic() < give_up
        time.sleep(0.1)


def ready(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def post(port: int, trace: int) -> int:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = trace.to_bytes(16), b"12345678"
    text = random.Random(trace).randbytes(50_000).hex()
    span.attributes.add(key="text").value.string_value = text
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/traces", request.SerializeToString(), HEADERS)
    answer = connection.getresponse()
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0
    connection.close()
    return answer.status


def stored(folder: Path, traces: set[int]) -> set[int]:
    engine = open_engine(Settings(data_dir=folder))
    with engine.connect() as connection:
        found = spans_of(connection, [f"{trace:032x}" for trace in sorted(traces)])
    engine.dispose()
    return {int(name, 16) for name, spans in found.items() if spans}


def test_a_full_disk_loses_nothing_and_is_got_over(disk: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(BALLAST))
    data, acknowledged, refused = disk / "data", set[int](), set[int]()
    with collector(data) as port:
        for trace in range(1, 200):
            (acknowledged if post(port, trace) == 200 else refused).add(trace)
            if len(refused) == 3:
                break
        assert len(refused) == 3, "the disk was never full"
        assert acknowledged
        assert [post(port, min(refused)), ready(port)] == [503, 503]
        ballast.unlink()
        assert {post(port, trace) for trace in refused} == {200}
        assert ready(port) == 200
        assert stored(data, acknowledged | refused) == acknowledged | refused


def test_a_disk_that_turns_read_only_is_got_over_without_a_restart(
    broken_disk: Path, tmp_path: Path
) -> None:
    """As ext4 does by itself after an error of the device; then repaired and mounted anew."""
    data, image = broken_disk / "data", tmp_path / "image"
    with collector(data, "grounding") as port:
        assert [post(port, trace) for trace in (1, 2)] == [200, 200]
        until(lambda: noted(data) == 2)
        mount("-o", "remount,abort", str(broken_disk))
        assert [post(port, trace) for trace in (3, 4)] == [503, 503]
        assert ready(port) == 503
        subprocess.run(["umount", "-l", str(broken_disk)], check=True)
        # With the next transaction nothing holds a file of it any more.
        until(lambda: ready(port) == 503 and not loop_devices(image))
        assert post(port, 3) == 503
        assert list(broken_disk.iterdir()) == []
        subprocess.run(["e2fsck", "-p", str(image)], check=False, capture_output=True)
        mount("-o", "loop", str(image), str(broken_disk))
        assert [post(port, trace) for trace in (3, 4)] == [200, 200]
        assert ready(port) == 200
        assert stored(data, {1, 2, 3, 4}) == {1, 2, 3, 4}
        until(lambda: noted(data) == 4)


def loop_devices(image: Path) -> bytes:
    return subprocess.run(["losetup", "-j", str(image)], check=True, capture_output=True).stdout


def noted(folder: Path) -> int:
    """How many commits the worker has taken note of."""
    engine = open_engine(Settings(data_dir=folder))
    with engine.connect() as connection:
        seq = progress.position(connection)
    engine.dispose()
    return seq
