"""A mean of other turns is said to be one."""

from groundwire_collector.drift.scored_share import ScoredShare


def share_after(before: float, after: float, turns: int = 1000) -> ScoredShare:
    found = ScoredShare()
    for number in range(turns):
        found.add(number % 100 < 100 * before, baseline=True)
    for number in range(turns):
        found.add(number % 100 < 100 * after, baseline=False)
    return found


def test_a_share_that_changed_is_stated_with_both_numbers() -> None:
    assert "from 80% to 95%" in share_after(0.8, 0.95).moved


def test_a_share_that_stayed_or_was_hardly_seen_says_nothing() -> None:
    assert share_after(0.8, 0.8).moved == ""
    assert share_after(0.8, 0.83).moved == ""
    assert share_after(0.2, 0.9, turns=50).moved == ""


def test_it_goes_on_from_what_was_written_down() -> None:
    found = share_after(0.7, 0.9)
    assert ScoredShare(*found.to_state()) == found
