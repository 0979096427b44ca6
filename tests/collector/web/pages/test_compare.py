"""Two versions side by side, with what can be said of them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import DimensionValue
from groundwire_collector.storage.keys import Scope

NOW = datetime.now(UTC)


@pytest.fixture
def versions(app, pages):
    """Eighty turns of each version at once, the second one flagged throughout."""
    for number in range(1, 161):
        worse = number % 2 == 0
        facts = {
            "model_version": "ft-2" if worse else "ft-1",
            "started_at": NOW - timedelta(minutes=number),
            "question": f"How heavy may parcel {number // 2 % 20} be?",
        }
        pages.save(app, pages.judged_turn(number, 0.9 if worse else 0.1, **facts))
    seen = [DimensionValue("shop", "model_version", f"ft-{n}", n, n) for n in (1, 2)]
    with app.state.engine.begin() as connection:
        drift.save_dimension_values(connection, seen)


ADDRESS = "/compare?service=shop&baseline=ft-1&candidate=ft-2"


@pytest.mark.usefixtures("versions")
def test_each_measure_has_its_outcome_change_and_interval(browser):
    text = browser.get(ADDRESS).text
    row = text[text.index(">faithful</b>") :]
    row = row[: row.index("</tr>")]
    assert "worse" in row
    assert "higher is better" in row
    assert re.search(r"-1\.000 <span class=\"soft small\">\(-1\.000 to -0\.7", row)
    assert 'aria-label="change -1.000' in row
    assert "last 7 days" in text


@pytest.mark.usefixtures("versions")
def test_the_page_proposes_the_newest_version_against_the_one_before(browser):
    text = browser.get("/compare").text
    link = re.search(r'href="(/compare\?[^"]*candidate=ft-2[^"]*)"', text).group(1)
    assert "baseline=ft-1" in link
    assert ">faithful</b>" in browser.get(link.replace("&amp;", "&")).text


@pytest.mark.usefixtures("versions")
def test_a_key_of_another_service_compares_nothing(app, stranger, pages):
    stranger.post("/login", data={"key": pages.key_of(app, Scope.READ, services=["other"])})
    text = stranger.get(ADDRESS).text
    assert "Nothing to compare" in text
    assert "faithful" not in text


def test_too_few_turns_are_not_comparable_and_a_wrong_range_is_refused(app, browser, pages):
    pages.save(app, pages.judged_turn(1, started_at=NOW))
    assert "not comparable" in browser.get(ADDRESS).text
    assert browser.get(f"{ADDRESS}&since=soon").status_code == 400
