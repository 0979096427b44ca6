"""The number of series stays bounded, and a new version is seen before an idle one."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from groundwire_collector.metric_definitions import FAITHFULNESS, TURNS
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters, label_sets
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.label_sets import CAP, IDLE_NS, RESERVED

NOW = 10 * IDLE_NS


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    return engine


def count(engine: Engine, now_ns: int, *versions: str, service: str = "bot") -> None:
    increments = Increments()
    for version in versions:
        increments.count(TURNS, {"service": service, "model_version": version})
        increments.observe(FAITHFULNESS, {"service": service, "model_version": version}, 0.5)
    with engine.begin() as connection:
        counters.add(connection, increments, now_ns)


def turns(engine: Engine) -> dict[tuple[str, str], float]:
    with engine.begin() as connection:
        found = counters.counters(connection)
    labels = {text: json.loads(text) for name, text in found if name == TURNS.name}
    return {
        (named["service"], named["model_version"]): found[TURNS.name, text].value
        for text, named in labels.items()
    }


def gave_way(engine: Engine, kind: str) -> dict[str, float]:
    with engine.begin() as connection:
        found = counters.counters(connection)
    return {
        json.loads(text)["metric"]: counter.value
        for (name, text), counter in found.items()
        if name == f"groundwire_series_{kind}"
    }


def versions(number: int, prefix: str = "v") -> list[str]:
    return [f"{prefix}{i}" for i in range(number)]


def test_a_busy_metric_folds_new_versions_and_keeps_every_turn(engine):
    count(engine, NOW, *versions(CAP))
    found = turns(engine)
    assert len(found) <= CAP
    assert sum(found.values()) == CAP
    assert found["bot", "other"] == RESERVED
    assert gave_way(engine, "overflowed") == {TURNS.name: RESERVED, FAITHFULNESS.name: RESERVED}
    assert gave_way(engine, "evicted") == {}


def test_a_new_version_takes_the_place_of_the_one_idle_longest(engine):
    full = CAP - RESERVED
    count(engine, NOW, *versions(full))
    count(engine, NOW + 1, *versions(full)[1:])
    count(engine, NOW + IDLE_NS, "brand-new")
    found = turns(engine)
    assert ("bot", "brand-new") in found
    assert ("bot", "v0") not in found
    assert len(found) == full
    assert gave_way(engine, "overflowed") == {}
    assert gave_way(engine, "evicted") == {TURNS.name: 1, FAITHFULNESS.name: 1}


def test_a_known_version_is_never_folded(engine):
    count(engine, NOW, *versions(CAP))
    count(engine, NOW, "v0", "newest")
    assert turns(engine)["bot", "v0"] == 2


def test_too_many_services_end_in_one_service_called_other(engine):
    for i in range(CAP + RESERVED):
        count(engine, NOW, "v1", service=f"service-{i}")
    found = turns(engine)
    assert len(found) <= CAP
    assert sum(found.values()) == CAP + RESERVED
    assert found["other", "other"] > 0


def test_folding_keeps_the_labels_that_are_not_versions(engine):
    labels = {"service": "bot", "model_version": "v", "state": "scored"}
    rungs = [json.loads(text) for text, _ in label_sets._ladder(json.dumps(labels))]
    assert rungs == [
        labels,
        labels | {"model_version": "other"},
        labels | {"model_version": "other", "service": "other"},
    ]


def test_a_tenant_is_folded_before_a_version(engine):
    increments = Increments(by_tenant=True)
    for number in range(CAP):
        labels = {"service": "bot", "model_version": "v1", "tenant": f"t{number}"}
        increments.count(TURNS, labels)
    with engine.begin() as connection:
        counters.add(connection, increments, NOW)
    found = [
        (json.loads(labels), counter.value)
        for (name, labels), counter in increments_of(engine).items()
        if name == TURNS.name
    ]
    assert {labels["model_version"] for labels, _ in found} == {"v1"}
    assert {"tenant": "other"}.items() <= max(found, key=lambda each: each[1])[0].items()
    assert sum(value for _, value in found) == CAP


def increments_of(engine: Engine) -> dict[label_sets.Key, counters.Counter]:
    with engine.begin() as connection:
        return counters.counters(connection)


def test_a_million_label_sets_leave_no_more_rows_than_the_cap_and_lose_no_turn(engine):
    one, batch = counters.Counter(1.0), 50_000
    for first in range(0, 1_000_000, batch):
        flood = Increments()
        flood.counters = {
            (TURNS.name, f'{{"model_version":"v{number}","service":"bot"}}'): one
            for number in range(first, first + batch)
        }
        with engine.begin() as connection:
            counters.add(connection, flood, NOW + first)
    assert sum(turns(engine).values()) == 1_000_000
    assert len(turns(engine)) <= CAP
    assert gave_way(engine, "overflowed") == {TURNS.name: 1_000_000 - (CAP - RESERVED)}

    # An hour later all of them are idle, and the next version is seen as itself.
    count(engine, NOW + 2 * IDLE_NS, "the-new-one")
    assert turns(engine)["bot", "the-new-one"] == 1
    assert len(turns(engine)) <= CAP
