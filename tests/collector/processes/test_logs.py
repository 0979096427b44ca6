"""The log of a process: structured where that is asked for, and without what was sent."""

import json
import logging
from collections.abc import Iterator

import pytest

from groundwire_collector.processes import logs
from groundwire_collector.settings import Settings

SECRET = "ada@example.org"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield logging.getLogger("groundwire_collector.test")
    root.handlers[:], root.level = before, level


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise LookupError(SECRET) from error


@pytest.mark.parametrize("kind", ["text", "json"])
def test_an_exception_is_reported_by_its_kind_and_place_alone(
    log: logging.Logger, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    logs.configure(Settings(log_format=kind))
    try:
        fail()
    except LookupError:
        log.exception("trace %s skipped", "ab12")
    message = capsys.readouterr().err
    assert "trace ab12 skipped" in message
    assert "builtins.LookupError" in message
    assert "builtins.ValueError" in message
    assert "in fail" in message
    assert SECRET not in message


def test_json_is_one_object_a_line(log: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_format="json"))
    log.warning("retention postponed: %s", "disk I/O error")
    (line,) = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry.pop("process")
    assert entry == {
        "level": "WARNING",
        "logger": "groundwire_collector.test",
        "message": "retention postponed: disk I/O error",
    }
