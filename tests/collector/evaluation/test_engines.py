"""Engines: results in order, bounded reading ahead, batches that grow while they are quick."""

import threading
from collections.abc import Callable, Iterator
from itertools import count, islice

import pytest

from groundwire_collector.evaluation.engines import (
    AHEAD,
    BATCH_SECONDS,
    FEWEST,
    MOST,
    BatchSize,
    LocalEngine,
    Timed,
    mapped_in_order,
)
from groundwire_collector.settings import Settings
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn


def turn(number: int) -> Turn:
    return Turn(
        id=f"t{number}",
        question="How heavy may it be?",
        answer=f"It weighs up to {number} kg.",
        chunks=(Chunk(text=f"A parcel weighs up to {number} kg."),),
    )


def test_two_processes_judge_all_turns_in_order() -> None:
    engine = LocalEngine(Settings(evaluators="grounding"), 2)
    try:
        found = list(engine.map(turn(number) for number in range(60)))
    finally:
        engine.close()
    assert [item.turn.id for item in found] == [f"t{number}" for number in range(60)]
    assert {len(item.evaluations) for item in found} == {1}
    [(name, revision)] = engine.identities
    assert {(e.evaluator, e.revision) for i in found for e in i.evaluations} == {(name, revision)}


def test_some_of_the_configured_evaluators_can_be_chosen() -> None:
    engine = LocalEngine(Settings(), 1, ["override"])
    engine.close()
    assert [name for name, _ in engine.identities] == ["override"]


def test_turns_are_read_only_as_far_as_workers_have_begun() -> None:
    read = 0

    def turns() -> Iterator[Turn]:
        nonlocal read
        for read in count(1):
            yield turn(read)

    def submit(batch: list[Turn]) -> Callable[[], Timed]:
        return lambda: ([JudgedTurn(each, ()) for each in batch], 2 * BATCH_SECONDS)

    assert len(list(islice(mapped_in_order(turns(), submit, 3), 40))) == 40
    assert read <= 40 + (3 * AHEAD + 1) * FEWEST


def test_batches_grow_while_they_are_quick_and_shrink_where_one_is_slow() -> None:
    size = BatchSize()
    for _ in range(20):
        size.took(size.turns, BATCH_SECONDS / 10)
    assert size.turns == MOST
    size.took(MOST, BATCH_SECONDS * 2)
    assert size.turns == MOST // 2
    for _ in range(20):
        size.took(size.turns, BATCH_SECONDS * 2)
    assert size.turns == FEWEST


@pytest.mark.needs("ray")
def test_a_node_that_is_killed_in_mid_job_costs_no_turn() -> None:
    import ray
    from ray.cluster_utils import Cluster

    from groundwire_collector.evaluation.ray_engine import RayEngine

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    first = cluster.add_node(num_cpus=1)
    cluster.add_node(num_cpus=1)
    try:
        settings = Settings(evaluators="grounding")
        engine = RayEngine(settings, actors=1, address=cluster.address)
        found: list[JudgedTurn] = []
        killed = threading.Event()
        for item in engine.map(turn(number) for number in range(300)):
            found.append(item)
            if len(found) == 20 and not killed.is_set():
                killed.set()
                cluster.remove_node(first, allow_graceful=False)
        engine.close()
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert [item.turn.id for item in found] == [f"t{number}" for number in range(300)]
    assert all(item.evaluations for item in found)
