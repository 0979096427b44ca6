"""Several judging workers and one leader: each trace judged once and counted once."""

import json
import threading
from time import time_ns

import pytest
from sqlalchemy import Engine, func, select
from tests.collector.processes.test_pipeline import LATER, Length, count, stored, trace, work_off

from groundwire_collector import metric_definitions
from groundwire_collector.assembly.deletion import forget
from groundwire_collector.processes import judging_worker
from groundwire_collector.processes.arrivals import note_arrivals
from groundwire_collector.processes.judged_traces_json import decoded, encoded
from groundwire_collector.processes.judging_worker import JudgingWorker
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.processes.trace_judge import TraceJudge
from groundwire_collector.settings import Settings
from groundwire_collector.storage import failed_traces, gauges, progress
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.tables.turns import JUDGED_BATCH, JUDGED_TRACE, PENDING_TRACE
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn


@pytest.fixture
def settings(settings) -> Settings:
    return settings.model_copy(update={"baseline_turns": 100, "baseline_days": 0})


class Deadly(Length):
    """Ends its worker at one answer, as a kill would: nothing of the step is committed."""

    def judge(self, turn: Turn) -> Evaluation:
        if turn.answer == "deadly":
            raise SystemExit
        return super().judge(turn)


def leader(settings: Settings, engine: Engine) -> Pipeline:
    return Pipeline(settings, engine, None)


def rows(engine: Engine, table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def judge_all(worker: JudgingWorker, now_ns: int | None = LATER) -> None:
    while worker.step(now_ns):
        pass


def test_a_trace_is_judged_by_a_worker_and_counted_by_the_leader(settings, engine):
    SpanStore(engine).add(trace(0))
    monitor, worker = leader(settings, engine), JudgingWorker(settings, engine, [Length()])
    work_off(monitor)
    assert stored(engine) == []
    judge_all(worker)
    assert stored(engine) == []
    work_off(monitor)
    [item] = stored(engine)
    assert (item.turn.answer, item.p_unsupported) == ("30 days", 0)
    assert count(engine, metric_definitions.TURNS) == 1
    assert [rows(engine, table) for table in (PENDING_TRACE, JUDGED_BATCH, JUDGED_TRACE)] == [0] * 3


def test_workers_side_by_side_judge_each_trace_once(settings, engine, monkeypatch):
    monkeypatch.setattr(judging_worker, "TRACES", 3)
    monitor = leader(settings, engine)
    for number in range(40):
        SpanStore(engine).add(trace(number, answer="30 days" if number % 4 else "wrong"))
    monitor.step(LATER)
    engines = [open_engine(settings) for _ in range(3)]
    workers = [JudgingWorker(settings, own, [Length()]) for own in engines]
    # Claims are void by the clock: these workers keep to the real one.
    threads = [threading.Thread(target=judge_all, args=(each, None)) for each in workers]
    for thread in threads:
        thread.start()
    for thread, own in zip(threads, engines, strict=True):
        thread.join()
        own.dispose()
    work_off(monitor)
    assert len(stored(engine)) == 40
    assert count(engine, metric_definitions.TURNS) == 40
    assert count(engine, metric_definitions.TURNS_REOPENED) == 0


def test_what_workers_judge_is_stored_as_one_process_would(settings, engine, tmp_path):
    alone = Settings(data_dir=tmp_path / "alone", baseline_turns=100, baseline_days=0)
    engine_alone = open_engine(alone)
    make_schema(engine_alone)
    for number in range(6):
        for store in (engine, engine_alone):
            SpanStore(store).add(trace(number, answer="wrong" if number == 2 else "30 days"))
    work_off(Pipeline(alone, engine_alone, [Length()]))
    monitor = leader(settings, engine)
    monitor.step(LATER)
    judge_all(JudgingWorker(settings, engine, [Length()]))
    work_off(monitor)
    assert stored(engine) == stored(engine_alone)
    engine_alone.dispose()


def test_claimed_traces_are_left_alone_until_the_claim_is_void(settings, engine):
    SpanStore(engine).add(trace(0))
    leader(settings, engine).step(LATER)
    dead, alive = (JudgingWorker(settings, engine, [Length()]) for _ in range(2))
    with engine.begin() as connection:
        [claimed] = progress.claim(connection, dead.name, LATER, LATER + judging_worker.CLAIM_NS, 9)
    assert claimed.begun == 0
    assert alive.step(LATER) == 0
    assert alive.step(LATER + judging_worker.CLAIM_NS) == 1


def test_a_worker_that_ends_in_order_gives_its_traces_back(settings, engine):
    SpanStore(engine).add(trace(0))
    leader(settings, engine).step(LATER)
    ending, other = (JudgingWorker(settings, engine, [Length()]) for _ in range(2))
    with engine.begin() as connection:
        progress.claim(connection, ending.name, LATER, LATER + judging_worker.CLAIM_NS, 9)
    ending.release()
    with engine.connect() as connection:
        [trace_again] = progress.due(connection, LATER, 9)
    assert trace_again.begun == 0
    assert other.step(LATER) == 1


def test_a_worker_that_lives_extends_its_claims(settings, engine):
    SpanStore(engine).add(trace(0))
    leader(settings, engine).step(LATER)
    worker = JudgingWorker(settings, engine, [Length()])
    with engine.begin() as connection:
        progress.claim(connection, worker.name, LATER, 0, 9)
    worker.extend_claims()
    with engine.connect() as connection:
        until_ns = connection.scalar(select(PENDING_TRACE.c.claimed_until_ns))
    assert until_ns > time_ns()


def test_a_trace_that_kills_every_worker_is_passed_over_and_holds_up_no_other(settings, engine):
    for number in range(4):
        SpanStore(engine).add(trace(number, answer="deadly" if number == 1 else "30 days"))
    monitor = leader(settings, engine)
    monitor.step(LATER)
    deaths, now_ns = 0, LATER
    for _ in range(12):
        worker = JudgingWorker(settings, engine, [Deadly()])
        try:
            judge_all(worker, now_ns)
        except SystemExit:
            deaths += 1
            now_ns = max(now_ns, time_ns()) + 2 * judging_worker.CLAIM_NS
    work_off(monitor, now_ns)
    assert deaths == 3
    assert len(stored(engine)) == 3
    assert count(engine, metric_definitions.TURNS) == 3
    assert count(engine, metric_definitions.TRACES_FAILED) == 1
    with engine.connect() as connection:
        [failed] = failed_traces.newest(connection, 9)
    assert failed.trace_id == f"{2:032x}"


def test_a_span_that_comes_while_its_trace_is_judged_is_judged_too(settings, engine):
    retrieval, root = trace(0)
    SpanStore(engine).add([root])
    monitor = leader(settings, engine)
    monitor.step(LATER)

    class Interrupted(Length):
        def judge(self, turn: Turn) -> Evaluation:
            if not turn.chunks:
                SpanStore(engine).add([retrieval])
                monitor.step(LATER)
                return Evaluation(evaluator=self.name, revision=self.revision, state="no_context")
            return super().judge(turn)

    worker = JudgingWorker(settings, engine, [Interrupted()])
    judge_all(worker, LATER)
    judge_all(worker, LATER + 10 * judging_worker.AGAIN_NS)
    work_off(monitor, LATER + 10 * judging_worker.AGAIN_NS)
    [item] = stored(engine)
    assert len(item.turn.chunks) == 1
    assert count(engine, metric_definitions.TURNS) == 1


def test_a_span_that_comes_before_its_judgement_is_counted_waits_for_that(settings, engine):
    retrieval, root = trace(0)
    SpanStore(engine).add([root])
    monitor, worker = leader(settings, engine), JudgingWorker(settings, engine, [])
    monitor.step(LATER)
    judge_all(worker)
    SpanStore(engine).add([retrieval])
    note_arrivals(engine, settings.trace_idle_seconds)
    assert worker.step(LATER) == 0
    work_off(monitor)
    judge_all(worker)
    work_off(monitor)
    [item] = stored(engine)
    assert len(item.turn.chunks) == 1
    assert count(engine, metric_definitions.TURNS) == 1
    assert count(engine, metric_definitions.TURNS_REOPENED) == 1


def test_who_is_forgotten_between_judgement_and_count_is_not_stored(settings, engine):
    for number in range(2):
        retrieval, root = trace(number)
        root.attributes["user.id"] = f"user {number}"
        SpanStore(engine).add([retrieval, root])
    monitor = leader(settings, engine)
    monitor.step(LATER)
    judge_all(JudgingWorker(settings, engine, [Length()]))
    forget(engine, user="user 0")
    work_off(monitor)
    assert [item.turn.user_id for item in stored(engine)] == ["user 1"]
    assert count(engine, metric_definitions.TURNS) == 1


def test_a_batch_that_cannot_be_counted_is_passed_over_and_holds_up_no_other(
    settings, engine, monkeypatch
):
    monkeypatch.setattr(judging_worker, "TRACES", 1)
    for number in range(3):
        SpanStore(engine).add(trace(number, answer=f"answer {number}"))
    monitor = leader(settings, engine)
    monitor.step(LATER)
    judge_all(JudgingWorker(settings, engine, [Length()]))
    take = monitor._commit.take

    def choking(connection, found, now_ns):
        if any(item.turn.answer == "answer 1" for item in found.judged):
            raise ZeroDivisionError
        take(connection, found, now_ns)

    monkeypatch.setattr(monitor._commit, "take", choking)
    work_off(monitor)
    assert {item.turn.answer for item in stored(engine)} == {"answer 0", "answer 2"}
    assert count(engine, metric_definitions.TURNS) == 2
    assert count(engine, metric_definitions.TRACES_FAILED) == 1


def test_a_leader_that_dies_while_it_counts_leaves_the_batch_to_the_next(
    settings, engine, monkeypatch
):
    SpanStore(engine).add(trace(0))
    dying = leader(settings, engine)
    dying.step(LATER)
    judge_all(JudgingWorker(settings, engine, [Length()]))

    def power_cut(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("groundwire_collector.drift.checkpoint.keep", power_cut)
        with pytest.raises(SystemExit):
            dying.step(LATER)
    assert stored(engine) == []
    work_off(leader(settings, engine))
    assert len(stored(engine)) == 1
    assert count(engine, metric_definitions.TURNS) == 1


def test_uncounted_judgements_are_part_of_the_lag(settings, engine):
    SpanStore(engine).add(trace(0))
    leader(settings, engine).step()
    now_ns = time_ns()
    judge_all(JudgingWorker(settings, engine, [Length()]), now_ns)
    with engine.connect() as connection:
        assert gauges.evaluation_lag_seconds(connection, now_ns + 5 * 10**9) == 5.0


def test_judged_traces_survive_json(settings, engine):
    for number in range(3):
        SpanStore(engine).add(trace(number))
    leader(settings, engine).step(LATER)
    with engine.connect() as connection:
        due = progress.due(connection, LATER, 9)
    found = TraceJudge(settings, engine, [Length()]).judge(due)
    again = decoded(json.loads(json.dumps(encoded(found))), found.trace_ids)
    assert again == found
