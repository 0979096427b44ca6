"""Results that take long are computed once a while, and anew where their key is another."""

from groundwire_collector.web.recent_results import RecentResults


def test_a_result_is_computed_once_for_each_key() -> None:
    results, computed = RecentResults(), iter(range(9))
    found = [results.get(key, lambda: next(computed)) for key in ("a", "a", "b", "a")]
    assert found == [0, 0, 1, 0]


def test_a_result_is_not_kept_for_long() -> None:
    results, computed = RecentResults(ttl_seconds=0.0), iter(range(9))
    assert [results.get("a", lambda: next(computed)) for _ in range(2)] == [0, 1]


def test_the_oldest_of_too_many_results_is_dropped() -> None:
    results, computed = RecentResults(most=2), iter(range(9))
    found = [results.get(key, lambda: next(computed)) for key in ("a", "b", "c", "a")]
    assert found == [0, 1, 2, 3]
