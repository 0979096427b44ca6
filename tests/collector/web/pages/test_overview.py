"""The overview: measures of the turns over time, alarms and rollouts in them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from groundwire_collector.storage import rollouts
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.rollouts import Rollout


@pytest.fixture
def busy(app, pages):
    """Turns of two versions in the last minutes, an alarm and a rollout."""
    now = datetime.now(UTC)
    for number in range(40):
        facts = {"model_version": "ft-2" if number % 2 else "ft-1"}
        facts["started_at"] = now - timedelta(minutes=40 - number)
        facts |= {"model": "m", "input_tokens": 100}
        pages.save(app, pages.judged_turn(number + 1, 0.9 if number % 2 else 0.1, **facts))
    at = int((now - timedelta(minutes=20)).timestamp()) * 10**9
    pages.raise_alarm(app, changed_ns=at, changed_from_ns=at, changed_until_ns=at, raised_ns=at)
    with app.state.engine.begin() as connection:
        rollout = Rollout(
            service="shop",
            dimension="model_version",
            value="ft-2",
            at_ns=at,
            announced_ns=at,
            announced_by="ci",
        )
        rollouts.announce(connection, rollout)


@pytest.mark.usefixtures("busy")
def test_measures_are_drawn_per_version_with_intervals_and_a_table(browser):
    text = browser.get("/").text
    for name in ("faithfulness", "unsupported", "coverage", "turns", "cost"):
        assert f'id="chart-{name}"' in text
    assert 'class="line s1"' in text
    assert 'class="band s2"' in text
    assert "<title id=" in text
    assert "<desc id=" in text
    flagged = text[text.index('id="chart-unsupported"') :]
    assert re.search(r"ft-2</span> <span class=\"soft\">100% \(\d+% to 100%\), 20 turns", flagged)


@pytest.mark.usefixtures("busy")
def test_change_points_and_rollouts_are_in_the_charts_and_listed(browser):
    text = browser.get("/").text
    assert 'class="event change"' in text
    assert 'class="event rollout"' in text
    assert "model version ft-2 of shop announced" in text
    assert 'href="/alarms?range=1h#alarm-1"' in text
    assert "1 open alarm<" in text


@pytest.mark.usefixtures("busy")
def test_the_range_is_in_every_link_of_the_navigation(browser):
    text = browser.get("/?range=24h").text
    for path in ("/turns", "/sessions", "/alarms", "/estimates", "/labels"):
        assert f'href="{path}?range=24h"' in text
    assert 'aria-current="true">24 hours' in text


@pytest.mark.usefixtures("busy")
def test_a_range_without_turns_says_so_and_one_that_is_nonsense_is_refused(browser):
    assert "No turns in this time" in browser.get("/?since=2020-01-01&until=2020-02-01").text
    answer = browser.get("/?since=yesterday")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'name="since"' in answer.text


def test_a_key_of_another_service_sees_nothing(app, stranger, pages, busy):
    key = pages.key_of(app, Scope.READ, services=["other"])
    stranger.post("/login", data={"key": key})
    text = stranger.get("/?range=24h").text
    assert "ft-2" not in text
    assert "No turns in this time" in text


def test_cost_is_by_the_price_list(app, browser, busy, tmp_path):
    prices = tmp_path / "prices.toml"
    prices.write_text('currency = "EUR"\n[models."m"]\ninput = 1000.0\noutput = 1.0\n')
    app.state.settings = app.state.settings.model_copy(update={"prices": prices})
    text = browser.get("/").text
    cost = text[text.index('id="chart-cost"') :]
    assert "0.1 EUR" in cost
