"""Evaluators in a child process, isolated from hangs and crashes.

A limit of time in the same process would hold only for code that cooperates: neither a regular
expression nor numpy looks at a signal before it returns. So the process is ended, by its host, and
by itself where the host is gone.

Why: docs/decisions/0111-evaluators-in-a-process.md
"""

import logging
import math
import multiprocessing
import signal
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from operator import is_
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import load
from groundwire_evaluators.evaluation import Evaluation, Evaluator
from groundwire_evaluators.runner import evaluate, failed
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

START_SECONDS = 300.0  # importing takes over a minute on a machine that is very busy
GRACE_SECONDS = 5  # after the limit: then the process ends itself, should its host be gone
TURNS = 64  # sent at once
MOST_FAILURES = 3  # turns of one batch that may fail one by one before the rest is given up

Identity = tuple[str, str]  # name and revision


@dataclass(frozen=True, slots=True)
class EvaluatorReference:
    """Importable evaluator with its constructor arguments."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Manner(Enum):
    """Batching mode of an evaluator, and its timeout."""

    BATCH = "batch"  # as one, and never again: what is paid by the call
    BATCH_THEN_TURNS = "batch, then turns"  # if a batch fails, retry its turns one by one
    TURNS = "turns"  # one by one, for evaluators that gain nothing from a batch


class EvaluatorHost:
    """Child process that runs evaluators, one batch at a time.

    `timeout_seconds` is the limit of a batch or a turn, as `manner` says. After one that took too
    long, or a process that ended, what follows gets a new process.
    """

    def __init__(
        self,
        references: Sequence[EvaluatorReference],
        timeout_seconds: float,
        start_seconds: float = START_SECONDS,
        manner: Manner = Manner.BATCH,
    ) -> None:
        self.timeout_seconds = timeout_seconds
        self._references = list(references)
        self._start_seconds = start_seconds
        self._manner = manner
        self._process: BaseProcess | None = None
        self._sent: Sequence[Turn] = ()  # what the process has of turns
        self._pipe: Connection
        self._lock = threading.Lock()
        self.identities = self._start()

    def ask(self, index: int, turns: Sequence[Turn]) -> list[Evaluation | str]:
        """Evaluations of each turn by evaluator `index`, or the reason for none."""
        with self._lock:
            if self._manner is Manner.TURNS:
                return self._each(index, turns)
            answer = self._together(index, turns)
            if isinstance(answer, list):
                return [*answer]
            if self._manner is Manner.BATCH or len(turns) == 1:
                return [answer for _ in turns]
            return self._each(index, turns, MOST_FAILURES)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _each(
        self, index: int, turns: Sequence[Turn], most_failures: int | None = None
    ) -> list[Evaluation | str]:
        """Turn by turn, in as few processes as can be."""
        found: list[Evaluation | str] = []
        failures = 0
        while len(found) < len(turns):
            if failures == most_failures:
                reason = f"not tried: {failures} turns of its batch failed"
                return [*found, *(reason for _ in turns[len(found) :])]
            answers = self._until_failure(index, turns[len(found) :])
            failures += any(isinstance(answer, str) for answer in answers)
            found += answers
        return found

    def _until_failure(self, index: int, turns: Sequence[Turn]) -> list[Evaluation | str]:
        """The answers up to and with the first turn that ends the process."""
        found: list[Evaluation | str] = []
        try:
            self._send(index, turns, one_by_one=True)
            for _ in turns:
                answer = self._receive()
                found += answer if isinstance(answer, list) else [answer]
        except _ProcessEndedError as error:
            found.append(str(error))
        return found

    def _together(self, index: int, turns: Sequence[Turn]) -> list[Evaluation] | str:
        try:
            self._send(index, turns, one_by_one=False)
            return self._receive()
        except _ProcessEndedError as error:
            return str(error)

    def _send(self, index: int, turns: Sequence[Turn], *, one_by_one: bool) -> None:
        try:
            if self._process is None:
                self._start()
            known = _same(turns, self._sent)
            self._pipe.send(
                (index, None if known else list(turns), one_by_one, self.timeout_seconds)
            )
            self._sent = turns
        except (OSError, UsageError) as error:
            raise self._ended(error) from error

    def _receive(self) -> list[Evaluation] | str:
        try:
            if not self._pipe.poll(self.timeout_seconds):
                self._end()
                raise _ProcessEndedError(f"time limit: no answer within {self.timeout_seconds:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._ended(error) from error
        return answer if isinstance(answer, list) else str(answer)

    def _ended(self, error: Exception) -> "_ProcessEndedError":
        self._end()
        return _ProcessEndedError(f"its process ended: {error or 'no reason given'}")

    def _start(self) -> list[Identity]:
        context = multiprocessing.get_context("spawn")
        self._sent = ()
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


class _ProcessEndedError(Exception):
    """The child process was killed or exited; the message gives the reason."""


class IsolatedEvaluator:
    """`Evaluator` proxy into a host; errors become `failed`."""

    def __init__(self, host: EvaluatorHost, index: int = 0) -> None:
        self.host = host
        self._index = index
        self.name, self.revision = host.identities[index]

    def judge(self, turn: Turn) -> Evaluation:
        """Evaluate one turn in the child process."""
        return self.evaluate_batch([turn])[0]

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        """One judgement a turn, in order."""
        found = []
        for part in (turns[at : at + TURNS] for at in range(0, len(turns), TURNS)):
            found += self._part(part)
        return found

    def _part(self, turns: Sequence[Turn]) -> list[Evaluation]:
        found = []
        for turn, answer in zip(turns, self.host.ask(self._index, turns), strict=True):
            if isinstance(answer, str):
                log.warning("evaluator %s failed for turn %s: %s", self.name, turn.id, answer)
                answer = failed(self, answer)
            found.append(answer)
        return found


def _same(turns: Sequence[Turn], others: Sequence[Turn]) -> bool:
    """Whether these are the same objects in the same order: then the process has them."""
    return len(turns) == len(others) and all(map(is_, turns, others))


def _serve(references: Sequence[EvaluatorReference], pipe: Connection) -> None:
    """In the process: say who they are, then answer batch by batch until the pipe is closed.

    The turns of a batch come with the first evaluator that is to judge them; None: the same again.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the host, which ends this
    try:
        evaluators = [load(each.name, **each.parameters) for each in references]
    except UsageError as error:
        pipe.send(str(error))
        return
    turns: list[Turn] = []
    try:
        pipe.send([(evaluator.name, evaluator.revision) for evaluator in evaluators])
        while True:
            index, sent, one_by_one, limit = pipe.recv()
            turns = turns if sent is None else sent
            for part in [[turn] for turn in turns] if one_by_one else [turns]:
                pipe.send(_judged(evaluators[index], part, limit))
    except (EOFError, OSError):
        return  # the host is gone


def _judged(evaluator: Evaluator, turns: Sequence[Turn], limit: float) -> list[Evaluation] | str:
    """Evaluations of the turns, or the reason for none."""
    # Without a handler the alarm ends the process, whatever holds the interpreter.
    signal.alarm(math.ceil(limit) + GRACE_SECONDS)
    try:
        return evaluate(evaluator, turns)
    finally:
        signal.alarm(0)
