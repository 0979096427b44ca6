"""`groundwire drift` on files as people have them."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from groundwire_collector.commands.drift import drift
from groundwire_collector.errors import UsageError

app = typer.Typer()
app.command()(drift)

START = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = "2026-11-08T00:00:00Z"
Line = dict[str, object]


def lines(fall: float = 0.0, days: int = 14, service: str = "bot") -> list[Line]:
    """Ten turns an hour; a new model version after ten days, whose mean is lower by `fall`."""
    rng = random.Random(f"{fall} {service}")
    found: list[Line] = []
    for turn in range(days * 240):
        new = turn >= 2400
        moment = START + timedelta(minutes=6 * turn)
        good = rng.random() < 0.95 - (fall if new else 0.0)
        found.append(
            {
                "timestamp": moment.isoformat(),
                "faithful": None if turn % 17 == 0 else float(good),
                "service": service,
                "model_version": "ft-2" if new else "ft-1",
                "prompt_version": "p1",
            }
        )
    return found


def run(path: Path, *more: str, baseline: str = UNTIL) -> Result:
    command = [str(path), "--signal", "faithful", "--baseline", baseline, *more]
    return CliRunner().invoke(app, command)


def written(path: Path, found: list[Line]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in found), encoding="utf-8")
    return path


def test_a_stable_signal_is_silent_and_exits_with_0(tmp_path: Path) -> None:
    result = run(written(tmp_path / "scores.jsonl", lines()))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "baseline of" in result.stderr


def test_a_fall_is_an_alarm_that_names_what_changed_since_when_and_by_how_much(
    tmp_path: Path,
) -> None:
    result = run(written(tmp_path / "scores.jsonl", lines(fall=0.3)))
    assert result.exit_code == 2
    [alarm] = map(json.loads, result.stdout.splitlines())
    assert list(alarm) == [
        "timestamp", "changed_at", "changed_interval", "signal", "axis", "value", "service", "size",
        "size_interval", "cause",
    ]  # fmt: skip
    assert (alarm["service"], alarm["signal"]) == ("bot", "faithful")
    assert (alarm["axis"], alarm["value"], alarm["cause"]) == ("model_version", "ft-2", "model")
    low, high = alarm["changed_interval"]
    assert low <= "2026-11-11T00:00:00Z" <= high
    assert low <= alarm["changed_at"] <= high <= alarm["timestamp"]
    assert alarm["size_interval"][0] <= 0.3 <= alarm["size_interval"][1]


def test_services_are_watched_apart_and_alarms_come_in_order_of_time(tmp_path: Path) -> None:
    mixed = lines(fall=0.3, service="worse") + lines(service="same")
    result = run(written(tmp_path / "scores.jsonl", mixed))
    assert [json.loads(line)["service"] for line in result.stdout.splitlines()] == ["worse"]


def test_gzip_is_read_tags_are_optional_and_a_file_is_written(tmp_path: Path) -> None:
    bare = [{key: line[key] for key in ("timestamp", "faithful")} for line in lines(fall=0.3)]
    path = tmp_path / "scores.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in bare)
    result = run(path, "--out", str(tmp_path / "alarms.jsonl"))
    assert (result.exit_code, result.stdout) == (2, "")
    alarm = json.loads((tmp_path / "alarms.jsonl").read_text())
    assert (alarm["axis"], alarm["value"], alarm["cause"]) == (None, None, "unknown")


def test_a_smaller_budget_alarms_later(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", lines(fall=0.3))
    times = [
        json.loads(run(path, "--alarm-budget", budget).stdout)["timestamp"]
        for budget in ("1 per d", "1 per 3000d")
    ]
    assert times[0] < times[1]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ({"timestamp": "yesterday", "faithful": 1}, "record 1: timestamp"),
        ({"faithful": 1}, "record 1: timestamp"),
        ({"timestamp": "2026-11-01T00:00:00Z", "faithful": 1.5}, "record 1: faithful"),
        ({"timestamp": "2026-11-01T00:00:00Z", "faithful": "good"}, "record 1: faithful"),
        ({"timestamp": "2026-11-01T00:00:00Z", "other": 1}, "no line has a value of 'faithful'"),
        ({"timestamp": "2026-11-01T00:00:00Z", "faithful": 1}, "no baseline"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: Line, complaint: str) -> None:
    result = run(written(tmp_path / "scores.jsonl", [line]))
    assert isinstance(result.exception, UsageError)
    assert complaint in str(result.exception)


@pytest.mark.parametrize(
    "option", [("--alarm-budget", "often"), ("--min-effect", "0"), ("--baseline", "soon")]
)
def test_a_bad_option_is_named(tmp_path: Path, option: tuple[str, str]) -> None:
    path = written(tmp_path / "scores.jsonl", lines(days=1))
    result = run(path, *option)
    assert isinstance(result.exception, UsageError)
    assert option[0] in str(result.exception)
