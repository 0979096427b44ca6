"""Counters and histograms survive, add up, and keep the turn behind the number."""

from groundwire_collector.metric_definitions import FAITHFULNESS, TURNS
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Exemplar, Increments

LABELS = {"service": "bot", "model_version": "v1"}


def test_increments_of_several_transactions_add_up(engine):
    for _ in range(3):
        increments = Increments()
        increments.count(TURNS, LABELS | {"route": "retrieval"}, 2)
        increments.observe(FAITHFULNESS, LABELS, 0.5, Exemplar("a" * 32, 0.5, 1.0))
        increments.observe(FAITHFULNESS, LABELS, 1.0)
        with engine.begin() as connection:
            counters.add(connection, increments, now_ns=1)

    with engine.begin() as connection:
        [counter] = counters.counters(connection).values()
        [histogram] = counters.histograms(connection).values()
    assert counter.value == 6
    assert histogram.total == 4.5
    half, one = FAITHFULNESS.buckets.index(0.5), FAITHFULNESS.buckets.index(1.0)
    assert (histogram.counts[half], histogram.counts[one], sum(histogram.counts)) == (3, 3, 6)
    assert histogram.exemplars[half] == Exemplar("a" * 32, 0.5, 1.0)


def test_a_label_that_is_not_given_is_empty_and_one_the_metric_lacks_is_left_out():
    increments = Increments()
    increments.count(TURNS, {"service": "bot", "tenant": "secret"})
    [(name, labels)] = increments.counters
    assert name == "groundwire_turns"
    assert labels == (
        '{"index_version":"","model_version":"","prompt_version":"","route":"","service":"bot"}'
    )
