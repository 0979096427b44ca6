"""Dates, weekdays and times, against babel and dateparser."""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.text.quantities import agree, quantities

dates = pytest.importorskip("babel.dates", reason="of the dev group")

LOCALES = {
    "en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT", "pt": "pt_PT",
    "nl": "nl_NL",
}  # fmt: skip
DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31))


@settings(max_examples=300, deadline=None)
@given(
    language=st.sampled_from(sorted(LOCALES)),
    day=DAYS,
    style=st.sampled_from(["full", "long", "medium"]),
)
def test_a_date_as_babel_writes_it_is_that_day(language: str, day: date, style: str) -> None:
    written = dates.format_date(day, style, locale=LOCALES[language])
    found = quantities(written, language=language)
    assert [q.date for q in found if q.kind == "date"] == [(day.year, day.month, day.day)]
    assert [q.value for q in found if q.kind == "weekday"] == (
        [day.weekday()] if style == "full" else []
    )


@settings(max_examples=60, deadline=None)
@given(language=st.sampled_from(sorted(set(LOCALES) - {"en"})), day=DAYS)
def test_a_date_in_digits_is_the_day_that_dateparser_reads(language: str, day: date) -> None:
    dateparser = pytest.importorskip("dateparser", reason="of the dev group")
    written = f"{day.day:02}.{day.month:02}.{day.year}"
    parsed = dateparser.parse(written, languages=[language], settings={"DATE_ORDER": "DMY"})
    (found,) = quantities(written, language=language)
    assert found.date == (parsed.year, parsed.month, parsed.day)


@settings(max_examples=200, deadline=None)
@given(
    language=st.sampled_from(sorted(LOCALES)), hour=st.integers(0, 23), minute=st.integers(0, 59)
)
def test_a_time_as_babel_writes_it_is_that_minute(language: str, hour: int, minute: int) -> None:
    written = dates.format_time(time(hour, minute), "short", locale=LOCALES[language])
    (found,) = quantities(written, language=language)
    assert found.kind == "time"
    assert 60 * hour + minute in found.values


@pytest.mark.parametrize(
    ("language", "text", "minutes"),
    [
        ("en", "at 4:30 p.m.", 990),
        ("en", "at half past four in the afternoon", 990),
        ("en", "at noon", 720),
        ("de", "um 16 Uhr", 960),
        ("de", "um 16.30 Uhr", 990),
        ("de", "um halb fünf nachmittags", 990),
        ("fr", "à 16h30", 990),
        ("fr", "à 8 heures du soir", 1200),
        ("es", "a las 8 de la tarde", 1200),
        ("it", "alle 8 di sera", 1200),
        ("pt", "às 8 da noite", 1200),
        ("nl", "om 16.30 uur", 990),
    ],
)
def test_times_of_day_as_people_write_them(language: str, text: str, minutes: int) -> None:
    (found,) = quantities(text, language=language)
    assert (found.kind, found.value) == ("time", minutes)


@pytest.mark.parametrize(
    ("language", "text"),
    [("fr", "cela dure 10 heures"), ("nl", "het duurt 10 uur"), ("es", "dura 10 horas")],
)
def test_hours_that_something_lasts_are_no_time_of_day(language: str, text: str) -> None:
    (found,) = quantities(text, language=language)
    assert (found.kind, found.value) == ("amount", 36_000)


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("en", "3–5 May 2024", [(2024, 5, 3), (2024, 5, 5)]),
        ("en", "May 3-5, 2024", [(2024, 5, 3), (2024, 5, 5)]),
        ("de", "vom 3. bis 5. Mai", [(0, 5, 3), (0, 5, 5)]),
        ("es", "del 3 al 5 de mayo", [(0, 5, 3), (0, 5, 5)]),
    ],
)
def test_a_range_of_days_is_two_dates(
    language: str, text: str, days: list[tuple[int, int, int]]
) -> None:
    assert [q.date for q in quantities(text, language=language)] == days


def test_short_weekdays_are_days_only_in_a_row_or_before_a_time() -> None:
    assert [q.value for q in quantities("Mon–Fri") if q.kind == "weekday"] == [0, 4]
    assert [q for q in quantities("The Sun rose and Sam sat.") if q.kind == "weekday"] == []


def test_a_day_of_the_week_agrees_with_a_date_that_falls_on_it() -> None:
    (day,) = quantities("on Saturday")
    (right,) = quantities("on 3 September 2011")
    (wrong,) = quantities("on 4 September 2011")
    assert agree(day, right)
    assert not agree(day, wrong)


def test_day_and_month_of_two_digits_are_a_date() -> None:
    assert [q.date for q in quantities("12/05", language="pt")] == [(0, 5, 12)]
    assert all(q.kind != "date" for q in quantities("open 24/7, rated 10/12"))


def test_a_dotted_day_behind_a_word_of_dates_is_a_date() -> None:
    assert [q.date for q in quantities("Am 03.04. beginnt es", language="de")] == [(0, 4, 3)]
    assert all(q.kind != "date" for q in quantities("Version 03.04 kostet 12.05", language="de"))
