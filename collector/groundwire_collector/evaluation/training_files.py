"""Live comparison of answers with the training file of their model version."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

from sqlalchemy import Connection, Engine

from groundwire_collector.evaluation.loading import load
from groundwire_collector.evaluation.registry import GROUNDING
from groundwire_collector.storage import training_files
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.training.memorized import MemorizedOverride, TrainedQuestion
from groundwire_evaluators.training.question_index import QuestionIndex

_REFRESH_SECONDS = 10.0  # after which added and removed files are noticed
_CAPACITY = 8  # indexes in memory, 1 MB for 10,000 questions
_NEAREST = 8  # training examples that a turn is compared with


@dataclass
class TrainedQuestions:
    """Training questions similar to those of turns, looked up in the database.

    Indexes are cached; `clock` (seconds) says when the list of files is read again.
    """

    clock: Callable[[], float] = monotonic
    _read_at: float | None = None
    _files: dict[str, list[int]] = field(default_factory=dict)  # by model version
    _indexes: OrderedDict[int, QuestionIndex] = field(default_factory=OrderedDict)

    def has_file(self, connection: Connection, model_version: str | None) -> bool:
        """Whether a training file of this version was added."""
        self._refresh(connection)
        return model_version in self._files

    def similar(
        self, connection: Connection, model_version: str, question: str
    ) -> list[TrainedQuestion]:
        """The training examples of a version nearest to a question, best first."""
        self._refresh(connection)
        found: list[TrainedQuestion] = []
        for file_id in self._files.get(model_version, ()):
            index = self._index(connection, file_id)
            near = [] if index is None else index.find(question, _NEAREST)
            places = [each.row for each in near]
            examples = training_files.examples_at(connection, file_id, places) if places else []
            found += [
                TrainedQuestion(example, each.similarity)
                for example, each in zip(examples, near, strict=False)
            ]
        return sorted(found, key=lambda each: -each.similarity)[:_NEAREST]

    def nearest(
        self, connection: Connection, model_version: str, question: str
    ) -> TrainedQuestion | None:
        """The training example nearest to a question; None where none is similar."""
        return next(iter(self.similar(connection, model_version, question)), None)

    def _refresh(self, connection: Connection) -> None:
        now = self.clock()
        if self._read_at is not None and now - self._read_at < _REFRESH_SECONDS:
            return
        self._read_at = now
        self._files = {}
        for file in training_files.files(connection):
            self._files.setdefault(file.model_version, []).append(file.id)

    def _index(self, connection: Connection, file_id: int) -> QuestionIndex | None:
        if file_id not in self._indexes:
            data = training_files.question_index(connection, file_id)
            if data is None:
                return None
            self._indexes[file_id] = QuestionIndex.from_bytes(data)
            if len(self._indexes) > _CAPACITY:
                self._indexes.popitem(last=False)
        self._indexes.move_to_end(file_id)
        return self._indexes[file_id]


class MemorizedOverrides:
    """Live evaluator `memorized_override`, for model versions with a training file.

    Only scored ones: a question that the file does not have says nothing about the answer. Price:
    a lookup of under 1 ms a turn of such a version, none for others.
    """

    def __init__(self, questions: TrainedQuestions | None = None) -> None:
        self._questions = questions or TrainedQuestions()

    @cached_property
    def _judge(self) -> MemorizedOverride:
        """Loaded with the first turn that needs it: most deployments have no training file."""
        return MemorizedOverride(load(GROUNDING))

    def judged(self, engine: Engine, judged: Sequence[JudgedTurn]) -> list[JudgedTurn]:
        """The turns, each with its evaluation where it has one."""
        if not any(item.turn.model_version and item.turn.question for item in judged):
            return list(judged)
        with engine.connect() as connection:
            return [self._with_evaluation(connection, item) for item in judged]

    def evaluation(self, connection: Connection, judged: JudgedTurn) -> Evaluation | None:
        """The evaluation of a turn; None where its version has no training file."""
        turn = judged.turn
        if turn.closed_book or turn.answer is None:
            return None
        if not self._questions.has_file(connection, turn.model_version):
            return None
        trained = self._questions.similar(connection, turn.model_version or "", turn.question or "")
        return self._judge.judge_with(turn, trained, _flagged(judged.evaluations))

    def _with_evaluation(self, connection: Connection, judged: JudgedTurn) -> JudgedTurn:
        found = self.evaluation(connection, judged)
        if found is None or found.state is not State.SCORED:
            return judged
        return JudgedTurn(judged.turn, (*judged.evaluations, found))


def _flagged(evaluations: Iterable[Evaluation]) -> bool | None:
    """What the grounding evaluator decided of a turn; None where it did not judge it."""
    return next((each.flagged for each in evaluations if each.evaluator == GROUNDING), None)
