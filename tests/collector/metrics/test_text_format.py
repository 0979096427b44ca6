"""The lines written from rows say what Prometheus' own client would say."""

import random

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from sqlalchemy import Engine

from groundwire_collector.metric_definitions import (
    FAITHFULNESS,
    SERIES_OVERFLOWED,
    TOKENS,
    TRACES_FAILED,
)
from groundwire_collector.metrics.text_format import CommittedLines
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Exemplar, Increments

COUNTERS = (TOKENS, TRACES_FAILED, SERIES_OVERFLOWED)
TEXTS = ("bot", "", 'v"1"', "back\\slash", "line\nend", "größe \u2028", "{a=b},")


@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text; version=1.0.0"])
def test_the_lines_are_read_as_those_of_the_client_library(engine: Engine, accept: str) -> None:
    theirs = Theirs()
    ours, lines = Increments(), CommittedLines()
    draw = random.Random(7)
    for _ in range(200):
        labels = {name: draw.choice(TEXTS) for name in (*TOKENS.labels, *FAITHFULNESS.labels)}
        labels["metric"] = draw.choice(TEXTS)
        value = draw.choice([0.0, 1.0, 0.05, draw.random(), 2.5, 1e-7, 123_456_789.0])
        exemplar = Exemplar(f"{draw.getrandbits(128):032x}", value, 1_800_000_000.25)
        for metric in COUNTERS:
            ours.count(metric, labels, value, exemplar)
        ours.observe(FAITHFULNESS, labels, value, exemplar)
        theirs.count(labels, value, exemplar)
    with engine.begin() as connection:
        counters.add(connection, ours, 1)
    encode, content_type = choose_encoder(accept)
    is_open = "openmetrics" in content_type
    with engine.connect() as connection:
        first, again = (lines.render(connection, is_open) for _ in range(2))
    assert first == again
    end = "# EOF\n" if is_open else ""
    names = {metric.name for metric in (*COUNTERS, FAITHFULNESS)}
    message = samples(first + end, is_open, names)
    expected = samples(encode(theirs.registry).decode(), is_open, names)
    assert {key for key, (value, _) in message.items() if value or key in expected} == set(expected)
    assert len(message) > 500
    for key, (value, exemplar) in expected.items():
        assert message[key][0] == pytest.approx(value, rel=1e-12)
        assert message[key][1] == exemplar


def test_only_what_was_counted_changes(engine: Engine) -> None:
    lines = CommittedLines()
    texts = []
    for number in range(3):
        increments = Increments()
        increments.count(TOKENS, {"service": f"s{min(number, 1)}", "kind": "input"}, 5)
        with engine.begin() as connection:
            counters.add(connection, increments, number)  # the clock may stand still
            texts.append(lines.render(connection, True))
    reported = [
        line for line in texts[-1].splitlines() if line.startswith("groundwire_tokens_total{")
    ]
    assert [line.rsplit(" ", 1)[1] for line in sorted(reported)] == ["5.0", "10.0"]


class Theirs:
    """The same counts, kept by the client library."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = [
            Counter(m.name, m.help, m.labels, registry=self.registry) for m in COUNTERS
        ]
        self._histogram = Histogram(
            FAITHFULNESS.name,
            FAITHFULNESS.help,
            FAITHFULNESS.labels,
            buckets=FAITHFULNESS.buckets,
            registry=self.registry,
        )

    def count(self, labels: dict[str, str], value: float, exemplar: Exemplar) -> None:
        reported = {"trace_id": exemplar.trace_id}
        for metric, counter in zip(COUNTERS, self._counters, strict=True):
            own = [labels[name] for name in metric.labels]
            (counter.labels(*own) if own else counter).inc(value, reported)
        own = [labels[name] for name in FAITHFULNESS.labels]
        self._histogram.labels(*own).observe(value, reported)


def samples(text: str, is_open: bool, names: set[str]) -> dict[tuple, tuple]:
    """By name and labels, an empty label being none: value, and trace and value of the exemplar."""
    found = {}
    for family in (openmetrics if is_open else plain_text)(text):
        if family.name not in names:
            continue
        for sample in family.samples:
            if sample.name.endswith("_created"):
                continue
            labels = frozenset((k, v) for k, v in sample.labels.items() if v)
            exemplar = sample.exemplar and (sample.exemplar.labels, sample.exemplar.value)
            found[sample.name, labels] = (sample.value, exemplar)
    return found
