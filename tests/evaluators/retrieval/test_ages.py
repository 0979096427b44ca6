from datetime import UTC, datetime
from typing import Any

import pytest

from groundwire_evaluators.retrieval.ages import Ages, ages, moment
from groundwire_evaluators.turn import Chunk, Turn

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = 86400.0


def reported(*metadata: dict[str, Any], index_version: str | None = None) -> Ages:
    chunks = tuple(Chunk(text="x", metadata=each) for each in metadata)
    return ages(Turn(chunks=chunks, started_at=NOW, index_version=index_version))


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24T12:00:00Z",
        "2026-11-24T13:00:00+01:00",
        "2026-11-24 12:00:00",
        "20261124T120000Z",
        "Tue, 24 Nov 2026 12:00:00 GMT",
        "D:20261124120000",
        1795521600,
        "1795521600",
        1795521600.0,
        1795521600_000,
        1795521600_000_000,
        1795521600_000_000_000,
    ],
)
def test_a_time_is_read_in_the_forms_that_stores_write(value: Any) -> None:
    assert moment(value) == datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", ["2026-11-24", "20261124", 20261124])
def test_a_day_is_its_midnight(value: Any) -> None:
    assert moment(value) == datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "soon",
        2023,
        0,
        -5,
        3.2,
        "12",
        float("nan"),
        float("inf"),
        10**400,
        "9" * 5000,
        "2026-13-45",
        [],
        {},
        "D:99999999",
    ],
)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    "name", ["last_modified", "lastModified", "Last-Modified", "updated_at", "modDate", "date"]
)
def test_names_are_read_however_they_are_written(name: str) -> None:
    assert reported({name: "2026-11-24T12:00:00Z"}).median == DAY


def test_a_change_counts_before_a_creation() -> None:
    metadata = {"created_at": "2020-01-01", "updated_at": "2026-11-24T12:00:00Z"}
    assert reported(metadata).median == DAY


def test_the_ages_of_a_turn_are_those_of_its_newest_median_and_oldest_chunk() -> None:
    found = reported(*({"updated_at": f"2026-11-{day}T12:00:00Z"} for day in (24, 20, 15)), {})
    assert (found.newest, found.median, found.oldest) == (DAY, 5 * DAY, 10 * DAY)
    assert found.index is None


def test_a_time_ahead_is_refused_and_a_little_ahead_is_now() -> None:
    assert reported({"updated_at": "2031-01-01"}).median is None
    assert reported({"updated_at": "2026-11-25T18:00:00Z"}).median == 0.0
    assert (
        reported({"updated_at": "2031-01-01", "created_at": "2026-11-24T12:00:00Z"}).median == DAY
    )


def test_the_index_is_as_old_as_its_newest_sign() -> None:
    found = reported(
        {"indexed_at": "2026-11-20T12:00:00Z"}, {"ingested_at": "2026-11-23T12:00:00Z"}
    )
    assert found.index == 2 * DAY


def test_the_day_in_the_name_of_an_index_version_gives_its_age() -> None:
    assert reported({}, index_version="handbook-2026-11-24").index == 1.5 * DAY
    assert reported({}, index_version="handbook-v3").index is None


def test_a_turn_without_a_time_has_no_ages() -> None:
    assert ages(Turn(chunks=(Chunk(text="x", metadata={"date": "2026-11-24"}),))) == Ages()
