"""The worker process renews the estimates while it judges, and stops when it is told."""

import multiprocessing
from pathlib import Path
from time import monotonic, sleep

from groundwire_collector.estimates.labels import draw
from groundwire_collector.estimates.refresh import FAITHFULNESS
from groundwire_collector.processes.worker import work
from groundwire_collector.settings import Settings
from groundwire_collector.storage import estimates, labels, turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

LONGEST_SECONDS = 60.0


def scored(number: int) -> JudgedTurn:
    message = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, signals={"p_unsupported": 0.1}
    )
    name = f"{number:032x}"
    return JudgedTurn(Turn(id=name, trace_id=name, service="bot", answer="x"), (message,))


def test_the_worker_keeps_an_estimate_of_what_was_labelled(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, label_rate=0.5, estimate_seconds=0.5, evaluators="none")
    engine = open_engine(settings)
    make_schema(engine)
    made = [scored(number) for number in range(1, 41)]
    drawn = [item.turn.id for item in made if draw(item.turn.trace_id or "") < 0.5]
    with engine.begin() as connection:
        turns.save(connection, made)
        common = {"labeller": "anna", "labelled_ns": 1, "verdict": "supported"}
        labels.add(connection, [Label(turn_id=name, **common) for name in drawn])
    worker = multiprocessing.get_context("spawn").Process(target=work, args=(settings,))
    worker.start()
    found: list[estimates.StoredEstimate] = []
    until = monotonic() + LONGEST_SECONDS
    while not found and monotonic() < until:
        sleep(0.2)
        with engine.connect() as connection:
            found = estimates.newest(connection, FAITHFULNESS)
    worker.terminate()
    worker.join(LONGEST_SECONDS)
    engine.dispose()
    assert [each.estimate["labels"] for each in found] == [len(drawn)]
    assert worker.exitcode == 0
