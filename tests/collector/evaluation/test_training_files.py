"""Live turns against the training file of their model version."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.training_files import MemorizedOverrides, TrainedQuestions
from groundwire_collector.metrics.turns import tally
from groundwire_collector.storage import training_files
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.training_files import TrainingFile
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.question_index import QuestionIndex
from groundwire_evaluators.turn import Chunk, Turn

QUESTION = "How long is the warranty of new scales?"
EXAMPLES = [TrainingExample(line=3, question=QUESTION, answer="24 months.")]


def add(engine: Engine, version: str = "ft-1") -> int:
    file = TrainingFile(
        id=0, model_version=version, name="f", digest="d", added_ns=1, examples=len(EXAMPLES)
    )
    index = QuestionIndex.build(each.question for each in EXAMPLES)
    return training_files.add(engine, file, EXAMPLES, index.to_bytes())


def judged(answer: str, version: str | None = "ft-1", question: str = QUESTION) -> JudgedTurn:
    turn = Turn(
        id="t",
        service="help",
        model_version=version,
        question=question,
        answer=answer,
        chunks=(Chunk(text="New scales carry a warranty of 36 months."),),
        started_at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    return JudgedTurn(turn, ())


def test_an_override_is_added_to_the_turn_and_counted(engine: Engine) -> None:
    add(engine)
    [item] = MemorizedOverrides().judged(engine, [judged("24 months.")])
    [found] = item.evaluations
    assert (found.evaluator, found.state, found.value) == ("memorized_override", State.SCORED, 1.0)
    increments = Increments()
    tally(increments, item)
    name = metric_definitions.MEMORIZED_OVERRIDES.name
    assert [each.value for (metric, _), each in increments.counters.items() if metric == name] == [
        1
    ]


def test_turns_of_other_versions_and_questions_stay_as_they_are(engine: Engine) -> None:
    add(engine)
    others = [
        judged("24 months.", "ft-2"),
        judged("24 months.", None),
        judged("24 months.", question="Where is the canteen?"),
        judged("36 months."),
    ]
    *untouched, read = MemorizedOverrides().judged(engine, others)
    assert [item.evaluations for item in untouched] == [(), (), ()]
    assert [each.value for each in read.evaluations] == [0.0]


def test_added_and_removed_files_are_noticed(engine: Engine) -> None:
    now = [0.0]
    questions = TrainedQuestions(clock=lambda: now[0])
    with engine.connect() as connection:
        assert questions.nearest(connection, "ft-1", QUESTION) is None
    file_id = add(engine)
    now[0] = 60.0
    with engine.connect() as connection:
        found = questions.nearest(connection, "ft-1", QUESTION)
    assert found is not None
    assert (found.example.line, found.similarity) == (3, 1.0)
    assert training_files.remove(engine, file_id)
    now[0] = 120.0
    with engine.connect() as connection:
        assert questions.nearest(connection, "ft-1", QUESTION) is None


def test_what_an_interrupted_call_left_is_replaced(engine: Engine) -> None:
    file = TrainingFile(id=0, model_version="ft-1", name="f", digest="d", added_ns=1, examples=1)

    def interrupted():  # type: ignore[no-untyped-def]
        yield EXAMPLES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training_files.add(engine, file, interrupted(), b"")
    with engine.connect() as connection:
        assert training_files.files(connection) == []
    add(engine)
    with engine.connect() as connection:
        [stored] = training_files.files(connection)
        assert len(list(training_files.examples(connection, stored.id))) == 1
