"""`groundwire drift` on files as people have them."""

import gzip
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from groundwire_collector.commands.drift import drift as app
from groundwire_collector.errors import UsageError

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
    assert "Baseline of" in result.stderr


def test_a_fall_is_an_alarm_that_names_what_changed_since_when_and_by_how_much(
    tmp_path: Path,
) -> None:
    result = run(written(tmp_path / "scores.jsonl", lines(fall=0.3)))
    assert result.exit_code == 2
    [alarm] = map(json.loads, result.stdout.splitlines())
    assert list(alarm) == [
        "timestamp", "changed_at", "changed_interval", "signal", "axis", "value", "service",
        "size", "size_interval", "cause", "guaranteed",
    ]  # fmt: skip
    assert (alarm["service"], alarm["signal"]) == ("bot", "faithful")
    assert (alarm["axis"], alarm["value"], alarm["cause"]) == (
        "model_version",
        "ft-2",
        "model",
    )
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


def test_a_file_needs_no_name_of_a_command_and_options_may_come_first(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", lines(days=8))
    command = ["--signal", "faithful", str(path), "--baseline", UNTIL]
    for form in (command, ["replay", *command]):
        result = CliRunner().invoke(app, form)
        assert (result.exit_code, result.stdout) == (0, "")


def test_sessions_whose_turns_depend_on_each_other_give_one_score_each(tmp_path: Path) -> None:
    rng = random.Random(5)
    found: list[Line] = []
    for session in range(500):
        good = float(rng.random() < 0.9)
        for turn in range(4):
            moment = START + timedelta(minutes=20 * session + turn)
            line = {"timestamp": moment.isoformat(), "faithful": good, "session_id": f"s{session}"}
            found.append(line | {"question": f"q{turn}"})
    result = run(written(tmp_path / "scores.jsonl", found), baseline="2026-11-07T00:00:00Z")
    assert result.exit_code == 0
    assert "one score per session counts" in result.stderr


def test_what_a_small_baseline_cannot_promise_is_printed(tmp_path: Path) -> None:
    result = run(written(tmp_path / "scores.jsonl", lines(days=9)), baseline="2026-11-02T00:00:00Z")
    assert "too small to detect the smallest relevant effect" in result.stderr
    assert "No daily detector" in result.stderr


@pytest.mark.needs("matplotlib")
@pytest.mark.parametrize(("name", "begin"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG")])
def test_a_history_is_drawn(tmp_path: Path, name: str, begin: bytes) -> None:
    mixed = lines(fall=0.3, service="worse <&>") + lines(days=9, service="same")
    picture = tmp_path / name
    result = run(written(tmp_path / "scores.jsonl", mixed), "--plot", str(picture))
    assert result.exit_code == 2
    drawn = picture.read_bytes()
    assert drawn.startswith(begin)
    if name.endswith("svg"):
        text = drawn.decode()
        for reported in (
            "faithful of worse",
            "alarm: model_version ft-2, lower by 0.",
            "alarm at 1",
        ):
            assert reported in text
        assert "spent 0." in text


def test_a_picture_of_another_kind_is_refused_before_the_work(tmp_path: Path) -> None:
    path = written(tmp_path / "scores.jsonl", lines(days=1))
    result = run(path, "--plot", str(tmp_path / "a.gif"))
    assert isinstance(result.exception, UsageError)
    assert "--plot" in str(result.exception)


def test_a_simulation_says_how_soon_which_growth_is_found() -> None:
    command = "simulate --turns-a-day 2000 --baseline-turns 2000 --effects 0.1,0.3 --runs 8"
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 0
    found = {
        (each["growth"], each["at_deployment"]): each
        for each in json.loads(result.stdout)["delays"]
    }
    assert found[0.3, False]["found"] == 1.0
    assert found[0.3, False]["median"] < found[0.1, False]["median"]
    assert found[0.3, True]["median"] < found[0.3, False]["median"]


@pytest.mark.parametrize(
    "option", [("--level", "1"), ("--effects", "0.5,x"), ("--turns-a-day", "0")]
)
def test_traffic_that_cannot_be_is_named(option: tuple[str, str]) -> None:
    result = CliRunner().invoke(app, ["simulate", *option])
    assert isinstance(result.exception, UsageError)
    assert option[0] in str(result.exception)


def test_nan_is_a_turn_without_a_score(tmp_path: Path) -> None:
    found = lines(fall=0.3)
    for line in found[::7]:
        line["faithful"] = float("nan")
    result = run(written(tmp_path / "scores.jsonl", found))
    assert result.exit_code == 2
    assert json.loads(result.stdout.splitlines()[0])["value"] == "ft-2"


def test_a_signal_may_be_worse_the_higher_it_is(tmp_path: Path) -> None:
    falling = lines(fall=0.3)
    risen = [
        line | {"faithful": None if line["faithful"] is None else 1 - float(str(line["faithful"]))}
        for line in falling
    ]
    expected = run(written(tmp_path / "down.jsonl", falling)).stdout
    path = written(tmp_path / "up.jsonl", risen)
    assert run(path, "--worse", "up").stdout == expected
    assert (run(path).exit_code, run(path).stdout) == (0, "")


def test_a_signal_of_groundwire_is_read_the_way_it_is_meant(tmp_path: Path) -> None:
    named = [
        {"p_unsupported" if key == "faithful" else key: value for key, value in line.items()}
        for line in lines(fall=0.3)
    ]
    path = written(tmp_path / "scores.jsonl", named)
    command = [str(path), "--signal", "p_unsupported", "--baseline", UNTIL]
    assert CliRunner().invoke(app, command).exit_code == 0  # it fell, which is good
    assert CliRunner().invoke(app, [*command, "--worse", "down"]).exit_code == 2


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_signal_that_is_always_at_one_end_is_watched(tmp_path: Path, value: float) -> None:
    found = [line | {"faithful": value} for line in lines()]
    result = run(written(tmp_path / "scores.jsonl", found))
    assert (result.exit_code, result.stdout) == (0, "")
