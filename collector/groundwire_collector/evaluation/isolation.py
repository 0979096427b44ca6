"""Evaluators in a process of their own: they may hang or crash, and harm no one."""

import logging
import multiprocessing
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import load
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

START_SECONDS = 60.0

Identity = tuple[str, str]  # name and revision


@dataclass(frozen=True, slots=True)
class EvaluatorReference:
    """An evaluator by name or dotted name, and what it is made with."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class EvaluatorHost:
    """A process that holds evaluators, one batch at a time; the first of them starts it.

    After a batch that took too long, or a process that ended, the next batch gets a new process.
    """

    def __init__(
        self,
        references: Sequence[EvaluatorReference],
        timeout_seconds: float,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self._references = list(references)
        self._start_seconds = start_seconds
        self._process: BaseProcess | None = None
        self._pipe: Connection
        self._lock = threading.Lock()
        self.identities = self._start()

    def ask(self, index: int, turns: Sequence[Turn]) -> list[Evaluation] | str:
        """What evaluator `index` says of the turns, or why it says nothing."""
        with self._lock:
            try:
                if self._process is None:
                    self._start()
                self._pipe.send((index, list(turns)))
                if not self._pipe.poll(self.timeout_seconds):
                    self._end()
                    return f"no answer within {self.timeout_seconds:g} s"
                answer = self._pipe.recv()
            except (EOFError, OSError, UsageError) as error:
                self._end()
                return f"its process ended: {error or 'no reason given'}"
            return answer if isinstance(answer, list) else str(answer)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> list[Identity]:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        names = ", ".join(reference.name for reference in self._references)
        self._process = context.Process(
            target=_serve, args=(self._references, theirs), name=names, daemon=True
        )
        self._process.start()
        theirs.close()
        try:
            answer = self._pipe.recv() if self._pipe.poll(self._start_seconds) else "it hangs"
        except (EOFError, OSError) as error:
            answer = f"its process ended: {error or 'no reason given'}"
        if isinstance(answer, list):
            return answer
        self._end()
        raise UsageError(str(answer))

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None


class IsolatedEvaluator:
    """Satisfies `Evaluator`: the one at `index` of a host. What goes wrong is `failed`."""

    def __init__(self, host: EvaluatorHost, index: int = 0) -> None:
        self.host = host
        self._index = index
        self.name, self.revision = host.identities[index]

    def evaluate(self, turns: Sequence[Turn]) -> list[Evaluation]:
        answer = self.host.ask(self._index, turns)
        if isinstance(answer, list):
            return answer
        log.warning("evaluator %s failed: %s", self.name, answer)
        failed = Evaluation(
            evaluator=self.name, revision=self.revision, state=State.FAILED, reason=answer
        )
        return [failed for _ in turns]


def _serve(references: Sequence[EvaluatorReference], pipe: Connection) -> None:
    """In the process: say who they are, then answer batch by batch until the pipe is closed."""
    try:
        evaluators = [load(each.name, **each.parameters) for each in references]
    except UsageError as error:
        pipe.send(str(error))
        return
    pipe.send([(evaluator.name, evaluator.revision) for evaluator in evaluators])
    while True:
        try:
            index, turns = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(list(evaluators[index].evaluate(turns)))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")
