"""`groundwire query` and `groundwire archive` from the command line."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns

import pytest
from sqlalchemy import insert

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.tables.turns import SCORE, TURN

DAY_NS = 86_400 * 10**9


def groundwire(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "groundwire", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    """Options of a database with turns of two days ago and of now, and of an archive."""
    settings = Settings(data_dir=tmp_path / "data")
    engine = open_engine(settings)
    make_schema(engine)
    with engine.begin() as connection:
        for number, days_ago in enumerate((2, 2, 0)):
            turn = {"id": f"{number:032x}-1", "trace_id": f"{number:032x}", "service": "shop"}
            started = time_ns() - days_ago * DAY_NS
            connection.execute(insert(TURN).values(**turn, started_ns=started, chunks=[], facts={}))
            score = {"turn_id": turn["id"], "evaluator": "grounding", "revision": "1"}
            connection.execute(
                insert(SCORE).values(
                    **score, state="scored", value=number / 2, signals={}, citations=[]
                )
            )
    engine.dispose()
    return ["--data-dir", str(settings.data_dir), "--archive-url", str(tmp_path / "archive")]


def test_a_pipe_gets_a_json_line_a_row_of_stored_and_archived_turns(places: list[str]) -> None:
    written = groundwire("archive", "write", *places)
    assert ", 2 turns, " in written.stdout
    found = groundwire("query", "SELECT turn_id, value FROM scores ORDER BY value", *places)
    values = [json.loads(line)["value"] for line in found.stdout.splitlines()]
    assert values == [0.0, 0.5, 1.0]
    only = groundwire("query", "SELECT count(*) AS n FROM turns", "--archived-only", *places)
    assert json.loads(only.stdout) == {"n": 2}


def test_hours_before_since_are_left_out(places: list[str]) -> None:
    groundwire("archive", "write", *places)
    yesterday = datetime.fromtimestamp((time_ns() - DAY_NS) / 1e9, UTC).isoformat()
    found = groundwire("query", "SELECT count(*) AS n FROM turns", "--since", yesterday, *places)
    assert json.loads(found.stdout) == {"n": 1}
    refused = groundwire("query", "SELECT 1", "--since", "yesterday", *places)
    assert "--since: 'yesterday' is not a time" in refused.stderr


def test_since_may_be_how_long_ago(places: list[str]) -> None:
    found = groundwire("query", "SELECT count(*) AS n FROM turns", "--since", "24h", *places)
    assert json.loads(found.stdout) == {"n": 1}


def test_nan_and_infinity_are_null_in_json(places: list[str]) -> None:
    statement = "SELECT 'NaN'::double AS a, ['inf'::double, 1.5::double] AS b"
    assert json.loads(groundwire("query", statement, *places).stdout) == {
        "a": None,
        "b": [None, 1.5],
    }


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("", "one SQL statement is required, not 0"),
        ("SELECT 1; SELECT 2", "one SQL statement is required, not 2"),
        ("DROP TABLE turns", "tables are only read; DROP is not available"),
        ("INSERT INTO turns SELECT * FROM turns", "INSERT is not available"),
        ("CREATE TABLE own AS SELECT 1", "CREATE is not available"),
    ],
)
def test_other_than_one_reading_statement_is_refused(
    places: list[str], statement: str, problem: str
) -> None:
    found = groundwire("query", statement, *places)
    assert found.returncode == 1
    assert problem in found.stderr
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", [None, b"", b"PAR1 no Parquet"])
def test_a_damaged_archive_is_one_error_with_the_remedy(
    places: list[str], content: bytes | None
) -> None:
    groundwire("archive", "write", *places)
    for file in Path(places[-1]).glob("turns/*/*.parquet"):
        file.unlink()
        if content is not None:
            file.write_bytes(content)
    found = groundwire("query", "SELECT count(*) FROM turns", *places)
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    assert "`groundwire archive verify` lists the damaged files" in found.stderr


def test_an_archive_that_cannot_be_a_folder_is_one_line(places: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = groundwire("archive", "write", *places[:2], "--archive-url", str(tmp_path / "file"))
    assert found.returncode == 1
    assert len(found.stderr.splitlines()) == 1
    assert str(tmp_path / "file") in found.stderr


@pytest.mark.parametrize("command", [["query", "SELECT 1"], ["archive", "verify"]])
def test_an_archive_without_a_manifest_is_noted(
    places: list[str], tmp_path: Path, command: list[str]
) -> None:
    url = str(tmp_path / "mistyped")
    own = places[:2] if command[0] == "query" else []
    found = groundwire(*command, *own, "--archive-url", url)
    assert f"nothing is archived in {url}" in found.stderr


def test_an_infinite_age_of_closed_hours_is_refused(places: list[str]) -> None:
    found = groundwire("archive", "write", "--after-hours", "inf", *places)
    assert found.returncode == 1
    assert "archive_after_hours: Input should be a finite number" in found.stderr


def test_csv_has_a_header(places: list[str]) -> None:
    found = groundwire("query", "SELECT service FROM turns", "--format", "csv", *places)
    assert found.stdout.split() == ["service", "shop", "shop", "shop"]


def test_what_duckdb_cannot_run_is_one_line(places: list[str]) -> None:
    found = groundwire("query", "SELECT nothing FROM turns", *places)
    assert found.returncode != 0
    assert "query: Binder Error" in found.stderr
    assert "Traceback" not in found.stderr


def test_without_sql_the_columns_are_listed() -> None:
    found = groundwire("query")
    assert "p_unsupported" in found.stdout
    assert "signals" in found.stdout


def test_status_counts_the_days_and_verify_finds_a_damaged_file(
    places: list[str], tmp_path: Path
) -> None:
    groundwire("archive", "write", *places)
    days = json.loads(groundwire("archive", "status", *places[2:]).stdout)
    assert sum(day["turns"] for day in days) == 2
    assert groundwire("archive", "verify", *places[2:]).returncode == 0
    damaged = next((tmp_path / "archive").glob("scores/*/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    found = groundwire("archive", "verify", *places[2:])
    assert found.returncode == 1
    assert "differs from its manifest" in found.stderr


def test_without_an_archive_the_commands_say_what_to_set(tmp_path: Path) -> None:
    found = groundwire("archive", "status")
    assert found.returncode != 0
    assert "GROUNDWIRE_ARCHIVE_URL" in found.stderr
