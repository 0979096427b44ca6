"""An evaluator of the user's, in a process of its own: it may hang or crash and harm no one."""

import logging
import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import load
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

START_SECONDS = 60.0


class IsolatedEvaluator:
    """Satisfies `Evaluator`. A batch that takes too long, or the process with it, is `failed`;
    the next batch gets a new process."""

    def __init__(self, name: str, timeout_seconds: float) -> None:
        self._reference = name
        self._timeout_seconds = timeout_seconds
        self._process: BaseProcess | None = None
        self._pipe: Connection
        self.name, self.revision = self._start()

    def evaluate(self, turns: Sequence[Turn]) -> list[Evaluation]:
        try:
            if self._process is None:
                self._start()
            self._pipe.send(list(turns))
            if not self._pipe.poll(self._timeout_seconds):
                return self._failed(turns, f"no answer within {self._timeout_seconds:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError, UsageError) as error:
            return self._failed(turns, f"its process ended: {error or 'no reason given'}")
        if isinstance(answer, list):
            return answer
        return self._failed(turns, str(answer), restart=False)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None

    def _start(self) -> tuple[str, str]:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(self._reference, theirs), name=self._reference, daemon=True
        )
        self._process.start()
        theirs.close()
        answer = self._pipe.recv() if self._pipe.poll(START_SECONDS) else "it did not start"
        if isinstance(answer, tuple):
            return answer
        self.close()
        raise UsageError(str(answer))

    def _failed(self, turns: Sequence[Turn], reason: str, restart: bool = True) -> list[Evaluation]:
        log.warning("evaluator %s failed: %s", self.name, reason)
        if restart:
            self.close()
        return [
            Evaluation(
                evaluator=self.name, revision=self.revision, state=State.FAILED, reason=reason
            )
            for _ in turns
        ]


def _serve(reference: str, pipe: Connection) -> None:
    """In the process: say who it is, then answer batch by batch until the pipe is closed."""
    try:
        evaluator = load(reference)
    except UsageError as error:
        pipe.send(str(error))
        return
    pipe.send((evaluator.name, evaluator.revision))
    while True:
        try:
            turns = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(list(evaluator.evaluate(turns)))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")
