"""The time range of a page is in its address, understood or refused with a reason."""

import pytest

from groundwire_collector.web.pages.time_range import TimeRange

NOW = 1_790_000_000 * 10**9


def test_a_preset_counts_back_from_now():
    found = TimeRange.of({"range": "24h"}, NOW)
    assert (NOW - found.since_ns, found.until_ns) == (86_400 * 10**9, None)
    assert found.query == {"range": "24h"}
    assert found.title == "last 24 hours"


def test_two_times_go_before_a_preset_and_stay_as_they_were_written():
    query = {"range": "1h", "since": "2026-03-02T12:00", "until": "1772460000"}
    found = TimeRange.of(query, NOW)
    assert found.query == {"since": "2026-03-02T12:00", "until": "1772460000"}
    assert found.since_ns == 1_772_452_800 * 10**9
    assert found.field(found.since_ns) == "2026-03-02T12:00:00"


@pytest.mark.parametrize("query", [{}, {"range": "all"}, {"range": "custom", "since": ""}])
def test_without_times_there_is_no_bound(query):
    found = TimeRange.of(query, NOW)
    assert (found.since_ns, found.until_ns, found.problem, found.query) == (None, None, "", {})


@pytest.mark.parametrize(
    "query",
    [
        {"range": "5 minutes"},
        {"since": "yesterday"},
        {"until": "1e999"},
        {"since": "2026-03-02T13:00", "until": "2026-03-02T12:00"},
    ],
)
def test_what_is_not_understood_says_so(query):
    assert TimeRange.of(query, NOW).problem
