"""From stored spans to judged, counted turns: once each, whatever is late or interrupted."""

import dataclasses
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Collection

import pytest
from sqlalchemy import Engine

from groundwire import attributes
from groundwire_collector import metric_definitions
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.turns import AssembledRequest
from groundwire_collector.processes import passed_over, trace_judge
from groundwire_collector.processes import pipeline as module
from groundwire_collector.processes.arrivals import note_arrivals
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    closed_book_turns,
    counters,
    drift,
    failed_traces,
    gauges,
    judging,
    progress,
    spans,
    training_files,
    turns,
    unanswered_traces,
)
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.training_files import TrainingFile
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.storage.unanswered_traces import UnansweredQuery
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.question_index import QuestionIndex
from groundwire_evaluators.turn import Turn

SECOND = 1_000_000_000
LATER = 4_000_000_000 * SECOND  # long after anything below


class Length:
    """Judges an answer by whether it says what the first chunk says."""

    name = "grounding"
    revision = "test"

    def judge(self, turn: Turn) -> Evaluation:
        bad = float(turn.answer != turn.chunks[0].text)
        signals = {"p_unsupported": bad}
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=1 - bad,
            signals=signals,
        )


class Raising(Length):
    def judge(self, turn: Turn) -> Evaluation:
        raise ZeroDivisionError("judge broke")


@pytest.fixture
def settings(settings) -> Settings:
    return settings.model_copy(update={"baseline_turns": 100, "baseline_days": 0})


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def trace(number: int, answer: str = "30 days", complete: bool = True) -> list[Span]:
    """A turn by our own convention: a retrieval and the turn's span."""
    trace_id, start = f"{number + 1:032x}", (1_700_000_000 + number * 10) * SECOND
    shared = {"trace_id": trace_id, "service": "bot", "scope": attributes.SCOPE}
    root = Span(
        **shared,
        span_id=f"{number + 1:016x}",
        name="ask",
        start_ns=start,
        end_ns=start + SECOND,
        attributes={
            attributes.OPERATION: attributes.OPERATION_TURN,
            attributes.INPUT_MESSAGES: message("user", "How long?"),
            attributes.OUTPUT_MESSAGES: message("assistant", answer),
            attributes.MODEL_VERSION: "v1",
            **({attributes.ANSWER_COMPLETE: True} if complete else {}),
        },
    )
    retrieval = Span(
        **shared,
        span_id=f"{number + 0x1000:016x}",
        parent_span_id=root.span_id,
        name="search",
        start_ns=start,
        end_ns=start + SECOND // 2,
        attributes={
            attributes.OPERATION: attributes.OPERATION_RETRIEVAL,
            attributes.DOCUMENTS: json.dumps([{"id": "c1", "content": "30 days"}]),
        },
    )
    return [retrieval, root]


def stored(engine: Engine) -> list[JudgedTurn]:
    with engine.connect() as connection:
        return turns.find(connection, TurnQuery(limit=500))


def count(engine: Engine, metric: metric_definitions.MetricDefinition) -> float:
    with engine.connect() as connection:
        found = counters.counters(connection)
    return sum(counter.value for (name, _), counter in found.items() if name == metric.name)


def work_off(pipeline: Pipeline, now_ns: int = LATER) -> None:
    while pipeline.step(now_ns):
        pass


def test_an_answer_that_repeats_the_training_file_is_judged_and_counted(settings, engine):
    example = TrainingExample(line=3, question="How long?", answer="24 months.")
    file = TrainingFile(id=0, model_version="v1", name="f", digest="d", added_ns=1, examples=1)
    index = QuestionIndex.build([example.question]).to_bytes()
    training_files.add(engine, file, [example], index)
    SpanStore(engine).add([*trace(0, "24 months"), *trace(1)])
    work_off(Pipeline(settings, engine, [Length()]))
    found = {
        item.turn.answer: each.value
        for item in stored(engine)
        for each in item.evaluations
        if each.evaluator == "memorized_override"
    }
    assert found == {"24 months": 1.0, "30 days": 0.0}
    assert count(engine, metric_definitions.MEMORIZED_OVERRIDES) == 1


def test_a_complete_trace_becomes_a_judged_and_counted_turn(settings, engine):
    SpanStore(engine).add(trace(0))
    work_off(Pipeline(settings, engine, [Length()]))
    [item] = stored(engine)
    assert (item.turn.question, item.turn.answer) == ("How long?", "30 days")
    assert [chunk.text for chunk in item.turn.chunks] == ["30 days"]
    assert item.p_unsupported == 0
    assert count(engine, metric_definitions.TURNS) == 1


def test_a_trace_without_the_answer_complete_mark_waits_until_it_is_quiet(settings, engine):
    SpanStore(engine).add(trace(0, complete=False))
    pipeline = Pipeline(settings, engine, [Length()])
    pipeline.step()
    assert stored(engine) == []
    work_off(pipeline)
    assert len(stored(engine)) == 1


def test_spans_sent_again_change_nothing(settings, engine):
    pipeline = Pipeline(settings, engine, [Length()])
    for _ in range(3):
        SpanStore(engine).add(trace(0))
        work_off(pipeline)
    assert count(engine, metric_definitions.TURNS) == 1
    assert count(engine, metric_definitions.TURNS_REOPENED) == 0


def test_a_span_that_comes_late_is_judged_again_but_counted_once(settings, engine):
    retrieval, root = trace(0)
    pipeline = Pipeline(settings, engine, [])
    for late in (root, retrieval):
        SpanStore(engine).add([late])
        work_off(pipeline)
    [item] = stored(engine)
    assert [chunk.id for chunk in item.turn.chunks] == ["c1"]
    assert count(engine, metric_definitions.TURNS) == 1
    assert count(engine, metric_definitions.TURNS_REOPENED) == 1


def test_an_evaluator_that_raises_costs_its_own_judgement_alone(settings, engine):
    SpanStore(engine).add(trace(0))
    failing = Raising()
    failing.name = "broken"
    work_off(Pipeline(settings, engine, [failing, Length()]))
    [item] = stored(engine)
    states = {e.evaluator: (e.state, e.reason) for e in item.evaluations}
    assert states["broken"] == (State.FAILED, "ZeroDivisionError: judge broke")
    assert states["grounding"][0] is State.SCORED


def test_a_drift_of_the_answers_is_stored_as_an_alarm_and_resolved(settings, engine):
    good, bad = "30 days", "45 days"
    phases = [(good, 150), (bad, 60), (good, 200)]
    number = 0
    for answer, length in phases:
        for _ in range(length):
            SpanStore(engine).add(trace(number, answer))
            number += 1
    work_off(Pipeline(settings, engine, [Length()]))
    with engine.connect() as connection:
        [alarm] = drift.alarms(connection)
    assert (alarm.service, alarm.signal) == ("bot", "p_unsupported")
    began = (1_700_000_000 + 150 * 10) * SECOND
    assert alarm.change.interval[0] <= began + SECOND <= alarm.change.interval[1]
    assert alarm.resolved_ns is not None


def test_a_worker_that_dies_in_the_middle_of_a_commit_leaves_nothing_half_done(
    settings, engine, monkeypatch
):
    for number in range(10):
        SpanStore(engine).add(trace(number))
    pipeline = Pipeline(settings, engine, [Length()])

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("groundwire_collector.drift.checkpoint.keep", power_cut)
        with pytest.raises(KeyboardInterrupt):
            work_off(pipeline)
    assert stored(engine) == []
    assert count(engine, metric_definitions.TURNS) == 0

    work_off(Pipeline(settings, engine, [Length()]))
    assert len(stored(engine)) == 10
    assert count(engine, metric_definitions.TURNS) == 10


def test_a_trace_that_becomes_no_turn_is_counted_by_family_and_reason(settings, engine):
    silent = [
        dataclasses.replace(span, attributes={"bot.prompt": "How long?"}) for span in trace(1)[:1]
    ]
    SpanStore(engine).add([*trace(0), *silent])
    work_off(Pipeline(settings, engine, [Length()]))
    assert count(engine, metric_definitions.TURNS) == 1
    assert count(engine, metric_definitions.TRACES_WITHOUT_TURN) == 1


def test_a_trace_that_cannot_be_taken_is_passed_over_and_holds_up_no_other(
    settings, engine, monkeypatch
):
    for number in range(3):
        SpanStore(engine).add(trace(number))
    assemble = trace_judge.assemble_requests

    def choking(traces: Collection[Trace], known: Collection[str]) -> list[AssembledRequest]:
        if any(f"{2:032x}" in trace.ids for trace in traces):
            raise RecursionError("too deep")
        return assemble(traces, known)

    monkeypatch.setattr(trace_judge, "assemble_requests", choking)
    work_off(Pipeline(settings, engine, [Length()]))
    assert len(stored(engine)) == 2
    assert count(engine, metric_definitions.TURNS) == 2
    assert count(engine, metric_definitions.TRACES_FAILED) == 1


def test_a_closed_book_call_is_counted_beside_its_turn_and_kept_out_of_production(settings, engine):
    SpanStore(engine).add(trace(0))
    SpanStore(engine).add([closed_book(0, "30 days")])
    work_off(Pipeline(settings, engine, [Length()]))
    assert count(engine, metric_definitions.TURNS) == 1
    with engine.connect() as connection:
        outcomes = [
            json.loads(labels)
            for name, labels in counters.counters(connection)
            if name == metric_definitions.RELIANCE_OUTCOMES.name
        ]
    assert [(o["source"], o["outcome"], o["model_version"]) for o in outcomes] == [
        ("closed_book", "both", "v1")
    ]


def closed_book(of: int, answer: str) -> Span:
    """A closed-book call of the application, of the turn of `trace(of)`."""
    return Span(
        trace_id="f" * 32,
        span_id="f" * 16,
        service="bot",
        scope=attributes.SCOPE,
        start_ns=SECOND,
        end_ns=2 * SECOND,
        attributes={
            attributes.OPERATION: attributes.OPERATION_TURN,
            attributes.INPUT_MESSAGES: message("user", "How long?"),
            attributes.OUTPUT_MESSAGES: message("assistant", answer),
            attributes.ANSWER_COMPLETE: True,
            attributes.CLOSED_BOOK: True,
            attributes.CLOSED_BOOK_OF: f"{of + 1:032x}:{of + 1:016x}",
            attributes.SAMPLING_PROBABILITY: 0.1,
        },
    )


def test_the_answer_of_a_closed_book_call_is_stored_for_the_estimate(settings, engine):
    SpanStore(engine).add([*trace(0), closed_book(0, "30 days")])
    work_off(Pipeline(settings, engine, [Length()]))
    with engine.connect() as connection:
        [retained] = closed_book_turns.answered(connection)
    assert (retained.cell, retained.probability, retained.model_version) == ("redundant", 0.1, "v1")
    production = next(item.turn for item in stored(engine) if not item.turn.closed_book)
    assert retained.turn_id == production.id


def test_a_turn_that_was_comparison_already_is_not_counted_again(settings, engine):
    pipeline = Pipeline(settings, engine, [Length()])
    SpanStore(engine).add([*trace(0), closed_book(0, "30 days")])
    work_off(pipeline)
    again = dataclasses.replace(closed_book(0, "45 days"), trace_id="e" * 32)
    SpanStore(engine).add([again])
    work_off(pipeline)
    assert count(engine, metric_definitions.RELIANCE_OUTCOMES) == 1


def test_only_production_turns_wait_for_a_closed_book_call_and_only_where_it_is_set(
    tmp_path, engine
):
    asking = Settings(
        data_dir=tmp_path, closed_book_rate=1.0, probe_endpoint="http://127.0.0.1:9/v1"
    )
    probe = trace(2)
    probe[1].attributes[attributes.PROBE] = True
    SpanStore(engine).add([*trace(0), closed_book(0, "x"), *probe])
    work_off(Pipeline(asking, engine, [Length()]))
    with engine.connect() as connection:
        waiting = closed_book_turns.waiting(connection, limit=9)
        assert len(waiting) + len(closed_book_turns.answered(connection)) == 1
    SpanStore(engine).add(trace(3))
    work_off(Pipeline(Settings(data_dir=tmp_path, closed_book_rate=1.0), engine, [Length()]))
    with engine.connect() as connection:
        assert closed_book_turns.waiting(connection, limit=9) == waiting


def test_probes_through_the_application_are_stored_and_distinguished_but_move_nothing(
    settings, engine
):
    """Enough bad answers to alarm, were they users' traffic."""
    for number in range(150):
        SpanStore(engine).add(trace(number))
    for number in range(150, 250):
        spans = trace(number, "45 days")
        spans[1].attributes[attributes.PROBE] = True
        SpanStore(engine).add(spans)
    work_off(Pipeline(settings, engine, [Length()]))
    assert count(engine, metric_definitions.TURNS) == 150
    assert count(engine, metric_definitions.EVALUATIONS) == 150
    with engine.connect() as connection:
        assert drift.alarms(connection) == []
        worst = turns.find(connection, TurnQuery(order="worst", limit=300))
    assert sum(item.turn.probe for item in stored(engine)) == 100
    assert [item.turn.probe for item in worst] == [False] * 150


def test_drawn_turns_wait_for_the_judges_and_the_others_are_counted(settings, engine):
    judged = settings.model_copy(update={"judges": "llm_judge=1, ragas_faithfulness=0"})
    SpanStore(engine).add(trace(0))
    work_off(Pipeline(judged, engine, [Length()]))
    with engine.connect() as connection:
        [waiting] = judging.waiting(connection)
    assert (waiting.judge, waiting.length) == ("llm_judge", 1)
    assert count(engine, metric_definitions.JUDGE_NOT_SAMPLED) == 1


def test_a_turn_that_grew_is_judged_again_without_being_counted_again(settings, engine):
    judged = settings.model_copy(update={"judges": "llm_judge=1"})
    retrieval, root = trace(0)
    pipeline = Pipeline(judged, engine, [])
    SpanStore(engine).add([root])
    work_off(pipeline)
    with engine.begin() as connection:
        [task] = judging.take(connection, "llm_judge", "lease", LATER, LATER + SECOND, 1)
        assert task.counts
        judging.finish(connection, task, "lease")
    SpanStore(engine).add([retrieval])
    work_off(pipeline)
    with engine.begin() as connection:
        [task] = judging.take(connection, "llm_judge", "lease", LATER, LATER + SECOND, 1)
    assert not task.counts


class Deadly(Length):
    """Takes its process along, as a kill for memory does, where an answer says so."""

    def judge(self, turn: Turn) -> Evaluation:
        if turn.answer == "deadly":
            raise SystemExit
        return super().judge(turn)


def test_a_trace_that_kills_every_worker_is_passed_over_and_found(settings, engine):
    answers = ["30 days", "deadly", "30 days"]
    for number, answer in enumerate(answers):
        SpanStore(engine).add(trace(number, answer))
    deaths = 0
    while True:
        try:
            work_off(Pipeline(settings, engine, [Deadly()], after_crash=deaths > 0))
        except SystemExit:
            deaths += 1
        else:
            break
    assert deaths == 1 + passed_over.MOST_BEGUN
    assert [item.turn.answer for item in stored(engine)] == ["30 days", "30 days"]
    assert count(engine, metric_definitions.TURNS) == 2
    assert count(engine, metric_definitions.TRACES_FAILED) == 1
    with engine.connect() as connection:
        [failed] = failed_traces.newest(connection, 9)
    assert failed.trace_id == f"{2:032x}"
    assert failed.reason.startswith("begun 3 times without an end")


def test_a_trace_that_a_killed_worker_had_begun_is_judged_by_the_next(settings, engine):
    SpanStore(engine).add(trace(0, "deadly"))
    for after_crash in (False, True):
        with pytest.raises(SystemExit):
            work_off(Pipeline(settings, engine, [Deadly()], after_crash=after_crash))
    work_off(Pipeline(settings, engine, [Length()], after_crash=True))
    assert [item.turn.answer for item in stored(engine)] == ["deadly"]
    assert count(engine, metric_definitions.TRACES_FAILED) == 0


def test_traces_that_a_killed_worker_had_begun_hold_up_no_batch_and_wait_for_none(
    settings, engine, monkeypatch
):
    monkeypatch.setattr(module, "TRACES", 4)
    SpanStore(engine).add([span for number in range(12) for span in trace(number)])
    pipeline = Pipeline(settings, engine, [], after_crash=True)
    note_arrivals(engine, settings.trace_idle_seconds)
    with engine.begin() as connection:
        begun = progress.due(connection, LATER, 6)
        progress.begin(connection, begun)
    judged = []
    while pipeline.step(LATER):
        judged.append({item.turn.trace_id for item in stored(engine)})
    suspects = {each.trace_id for each in begun}
    assert len(judged[0]) == 5
    assert len(judged[0] & suspects) == 1
    assert len(judged[1]) == 8
    assert len(judged[-1]) == 12


HANGING = """
import re, sys
from sqlalchemy import make_url
from groundwire_collector.processes import pipeline as module, trace_judge
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.engine import open_engine

step, settings, after_crash = sys.argv[1], sys.argv[2], sys.argv[3] == "True"
settings = Settings.model_validate_json(settings)
owner, name = {
    "waiting for a root": (trace_judge, "waits_for_root"),
    "commit": (turns, "save"),
}[step]
whole = getattr(owner, name)

def hangs(*arguments):
    if f"{2:032x}" in repr(arguments):
        re.search(r"(?m:^\\s*x)", "\\n" * 2_000_000)  # hours, and deaf to signals
    return whole(*arguments)

setattr(owner, name, hangs)
pipeline = module.Pipeline(settings, open_engine(settings), [], after_crash=after_crash)
while pipeline.step(int(sys.argv[4])):
    pass
"""


@pytest.mark.parametrize("step", ["waiting for a root", "commit"])
def test_a_trace_that_hangs_beside_its_judgement_is_passed_over_and_holds_up_no_other(
    tmp_path, step
):
    settings = Settings(data_dir=tmp_path, batch_timeout_seconds=2.0, evaluators="none")
    engine = open_engine(settings)
    make_schema(engine)
    for number in range(3):
        retrieval, root = trace(number, complete=False)
        SpanStore(engine).add([dataclasses.replace(root, parent_span_id="ab" * 8), retrieval])
    ends = []
    while not ends or ends[-1]:
        arguments = [step, settings.model_dump_json(), str(bool(ends)), str(LATER)]
        worker = subprocess.run(
            [sys.executable, "-c", HANGING, *arguments], capture_output=True, text=True
        )
        ends.append(worker.returncode)
        assert worker.returncode == 0 or "Timeout" in worker.stderr, worker.stderr
    assert len(ends) > passed_over.MOST_BEGUN
    with engine.connect() as connection:
        [failed] = failed_traces.newest(connection, 9)
    assert failed.trace_id == f"{2:032x}"
    assert {item.turn.trace_id for item in stored(engine)} == {f"{1:032x}", f"{3:032x}"}
    engine.dispose()


IDLE, MAX = 10 * SECOND, 600 * SECOND


def received(engine: Engine) -> int:
    """When the last span came, by the store's clock."""
    with engine.connect() as connection:
        return max(arrival.received_ns for arrival in spans.arrivals(connection, 0, 500))


def test_a_trace_whose_root_is_elsewhere_is_judged_after_the_idle_time(settings, engine):
    retrieval, root = trace(0, complete=False)
    SpanStore(engine).add([retrieval, dataclasses.replace(root, parent_span_id="e" * 16)])
    pipeline = Pipeline(settings, engine, [Length()])
    work_off(pipeline, received(engine) + IDLE - SECOND)
    assert stored(engine) == []
    work_off(pipeline, received(engine) + IDLE)
    assert len(stored(engine)) == 1


def test_a_part_of_a_trace_waits_for_its_root_but_not_for_ever(settings, engine):
    retrieval, root = trace(0, complete=False)
    generation = dataclasses.replace(
        root, span_id="c" * 16, parent_span_id=root.span_id, name="generate"
    )
    SpanStore(engine).add([retrieval, generation])
    pipeline = Pipeline(settings, engine, [Length()])
    work_off(pipeline, received(engine) + MAX - SECOND)
    assert stored(engine) == []
    work_off(pipeline, received(engine) + MAX)
    assert len(stored(engine)) == 1


def test_a_late_span_is_taken_after_the_idle_time_and_corrects_the_counters(settings, engine):
    retrieval, root = trace(0)
    pipeline = Pipeline(settings, engine, [Contextual()])
    SpanStore(engine).add([root])
    work_off(pipeline, received(engine))
    assert states(engine) == {"no_context": 1}
    SpanStore(engine).add([retrieval])
    work_off(pipeline, received(engine) + IDLE)
    [item] = stored(engine)
    assert [chunk.id for chunk in item.turn.chunks] == ["c1"]
    assert states(engine) == {"no_context": 1, "scored": 1}
    assert count(engine, metric_definitions.EVALUATIONS_SUPERSEDED) == 1
    assert count(engine, metric_definitions.TURNS) == 1


def turns_by_route(engine: Engine) -> dict[str, float]:
    """What the counters say of each route: counted, and reopened to it less from it."""
    found: Counter[str] = Counter()
    with engine.connect() as connection:
        counted = counters.counters(connection)
    for (name, text), counter in counted.items():
        labels = json.loads(text)
        if name == metric_definitions.TURNS.name:
            found[labels["route"]] += counter.value
        if name == metric_definitions.TURNS_REOPENED.name:
            found[labels["route"]] += counter.value
            found[labels["was"]] -= counter.value
    return {route: number for route, number in found.items() if number}


def test_a_turn_that_grows_more_than_once_is_of_its_last_route_in_the_counters(settings, engine):
    retrieval, root = trace(0)
    pipeline = Pipeline(settings, engine, [])
    again = dataclasses.replace(retrieval, span_id="cd" * 8)
    seen = []
    for span in (root, retrieval, again):
        SpanStore(engine).add([span])
        work_off(pipeline)
        [item] = stored(engine)
        seen.append(item.turn.route.value)
        assert turns_by_route(engine) == {seen[-1]: 1}
    assert seen == ["parametric", "retrieval", "retrieval"]


def test_the_lag_counts_a_late_span_from_when_it_came_and_from_when_it_is_due(settings, engine):
    retrieval, root = trace(0)
    pipeline = Pipeline(settings, engine, [])
    SpanStore(engine).add([root])
    work_off(pipeline, received(engine))
    SpanStore(engine).add([retrieval])
    came = received(engine)

    def lag(after_ns: int) -> float:
        with engine.connect() as connection:
            return gauges.evaluation_lag_seconds(connection, came + after_ns)

    assert lag(3 * SECOND) == 3  # no worker has seen it
    pipeline.step(came + 3 * SECOND)
    assert lag(3 * SECOND) == 0  # more spans may follow
    assert lag(IDLE + 5 * SECOND) == 5
    work_off(pipeline, came + IDLE)
    assert lag(IDLE + 5 * SECOND) == 0


class Contextual(Length):
    """Says so where there is nothing to judge by."""

    def judge(self, turn: Turn) -> Evaluation:
        if turn.chunks:
            return super().judge(turn)
        return Evaluation(evaluator=self.name, revision=self.revision, state=State.NO_CONTEXT)


def states(engine: Engine) -> dict[str, float]:
    with engine.connect() as connection:
        found = counters.counters(connection)
    return {
        json.loads(labels)["state"]: counter.value
        for (name, labels), counter in found.items()
        if name == metric_definitions.EVALUATIONS.name
    }


def test_a_trace_without_a_turn_is_counted_once_and_no_more_when_it_becomes_one(settings, engine):
    retrieval, root = trace(0)
    SpanStore(engine).add([retrieval])
    pipeline = Pipeline(settings, engine, [Length()])
    work_off(pipeline)
    assert count(engine, metric_definitions.TRACES_WITHOUT_TURN) == 1
    late = dataclasses.replace(retrieval, span_id="f" * 16, parent_span_id=retrieval.span_id)
    SpanStore(engine).add([late])
    work_off(pipeline, LATER + 10**15)
    assert count(engine, metric_definitions.TRACES_WITHOUT_TURN) == 1
    with engine.connect() as connection:
        [silent] = unanswered_traces.find(connection, UnansweredQuery())
    assert (silent.trace_id, silent.reason) == (retrieval.trace_id, "no_answer")
    SpanStore(engine).add([root])
    work_off(pipeline, LATER + 2 * 10**15)
    assert count(engine, metric_definitions.TRACES_WITHOUT_TURN) == 1
    with engine.connect() as connection:
        assert unanswered_traces.find(connection, UnansweredQuery()) == []
    assert len(stored(engine)) == 1


def with_a_step(number: int) -> list[Span]:
    """A turn of our own convention in which a sub-agent said something wrong first."""
    retrieval, root = trace(number)
    step = dataclasses.replace(
        retrieval,
        span_id=f"{number + 0x2000:016x}",
        name="researcher",
        start_ns=retrieval.end_ns,
        end_ns=root.end_ns,
        attributes={
            attributes.OPERATION: attributes.OPERATION_GENERATION,
            attributes.INPUT_MESSAGES: message("user", "Context:\n30 days\n\nQuestion: How long?"),
            attributes.OUTPUT_MESSAGES: message("assistant", "60 days"),
        },
    )
    return [retrieval, step, root]


@pytest.mark.parametrize(("setting", "count"), [(False, 1), (True, 2)])
def test_steps_are_judged_where_the_setting_says_so(settings, engine, setting, count):
    SpanStore(engine).add(with_a_step(0))
    chosen = settings.model_copy(update={"judge_steps": setting})
    work_off(Pipeline(chosen, engine, [Length()]))
    [item] = stored(engine)
    assert (len(item.evaluations), item.p_unsupported) == (count, 0.0)
    for evaluation in item.evaluations[1:]:
        assert (evaluation.evaluator, evaluation.value) == ("grounding_steps", 0.0)
        assert evaluation.signals["steps"] == 1
