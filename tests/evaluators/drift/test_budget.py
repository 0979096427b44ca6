import pytest

from groundwire_evaluators.drift import AlarmBudget


@pytest.mark.parametrize(
    ("text", "alarms", "seconds"),
    [
        ("1 per 30d", 1, 30 * 86400),
        ("2 per w", 2, 7 * 86400),
        ("0.5 per 12h", 0.5, 12 * 3600),
        ("1 per 90 m", 1, 5400),
        (" 3  per 1s ", 3, 1),
    ],
)
def test_reads_what_users_write(text: str, alarms: float, seconds: float) -> None:
    assert AlarmBudget.parse(text) == AlarmBudget(alarms, seconds)


@pytest.mark.parametrize(
    "text", ["", "1", "one per day", "1/30d", "-1 per 30d", "1 per 30y", "0 per d", "1 per 0d"]
)
def test_refuses_the_rest_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="1 per 30d"):
        AlarmBudget.parse(text)


def test_the_whole_budget_is_spent_in_its_period() -> None:
    budget = AlarmBudget.parse("2 per 30d")
    assert budget.mass(30 * 86400) == pytest.approx(2)
    assert sum(budget.mass(86400, share) for share in (0.25, 0.75)) == pytest.approx(2 / 30)


@pytest.mark.parametrize("text", ["1 per 30d", "2 per 7d", "0.5 per 12h", "1 per 1s"])
def test_is_written_as_it_is_read(text: str) -> None:
    assert str(AlarmBudget.parse(text)) == text
