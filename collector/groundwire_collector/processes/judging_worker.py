"""Judging worker: claims due traces, judges them, hands them to the leader.

Any number of them work on one database. A claim is a row lock for an instant and a time after
which it is void: it spares double work and promises nothing. What promises that each trace is
judged once is the settlement, in the transaction that stores the judgement.

Why: docs/decisions/0160-claims-instead-of-shards.md
"""

import logging
import secrets
import socket
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event, Thread
from time import time_ns

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from groundwire_collector.processes.judged_traces_json import encoded
from groundwire_collector.processes.passed_over import judge_or_pass_over, pass_over_deadly
from groundwire_collector.processes.time_limit import process_ends_after
from groundwire_collector.processes.trace_judge import TraceJudge
from groundwire_collector.settings import Settings
from groundwire_collector.storage import judged_batches, progress
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.progress import PendingTrace
from groundwire_evaluators.evaluation import Evaluator

log = logging.getLogger(__name__)

TRACES = 64  # claimed at once
CLAIM_NS = 15 * 10**9  # after a worker was killed, others take its traces after so long
EXTEND_SECONDS = 4.0
AGAIN_NS = 500_000_000  # a trace whose request is being judged elsewhere is due again after this


class JudgingWorker:
    """Judges claimed traces (`step`); any number a database."""

    def __init__(self, settings: Settings, engine: Engine, evaluators: Sequence[Evaluator]) -> None:
        self.name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._settings = settings
        self._engine = engine
        self._judge = TraceJudge(settings, engine, evaluators)

    def step(self, now_ns: int | None = None) -> int:
        """Claim and judge due traces; returns how many were claimed."""
        now_ns = now_ns or time_ns()
        with self._engine.begin() as connection:
            claimed = progress.claim(connection, self.name, now_ns, time_ns() + CLAIM_NS, TRACES)
        if claimed and not pass_over_deadly(self._engine, claimed[0], now_ns):
            hand_over = partial(self._judge_and_hand_over, now_ns=now_ns)
            judge_or_pass_over(self._engine, claimed, hand_over, now_ns)
        return len(claimed)

    def extend_claims(self) -> None:
        """Extend the claims on the traces that this worker judges."""
        with self._engine.begin() as connection:
            progress.extend_claims(connection, self.name, time_ns() + CLAIM_NS)

    def release(self) -> None:
        """Give every claimed trace back: the worker ends in order."""
        with self._engine.begin() as connection:
            progress.release_all(connection, self.name)

    def _judge_and_hand_over(self, claimed: Sequence[PendingTrace], now_ns: int) -> None:
        due = self._judge.with_root(claimed)
        self._give_back({trace.trace_id for trace in claimed} - {trace.trace_id for trace in due})
        if not due:
            return
        found = self._judge.judge(due)
        try:
            with (
                process_ends_after(self._settings.batch_timeout_seconds),
                self._engine.begin() as connection,
            ):
                if progress.settle(connection, due) == len(due):
                    names = found.trace_ids | {trace.trace_id for trace in due}
                    judged_batches.put(connection, encoded(found), names, now_ns)
                    return
                connection.rollback()  # one got a further span, or was forgotten meanwhile
        except IntegrityError:
            log.debug("a request of these traces is being judged by another worker")
        self._give_back({trace.trace_id for trace in due}, now_ns + AGAIN_NS)

    def _give_back(self, trace_ids: set[str], due_ns: int | None = None) -> None:
        if trace_ids:
            with self._engine.begin() as connection:
                progress.release(connection, self.name, trace_ids, due_ns)


class ClaimExtender:
    """Thread that extends a worker's claims while it judges."""

    def __init__(self, extend: Callable[[], None]) -> None:
        self._extend = extend
        self._over = Event()
        self._thread = Thread(target=self._run, name="claims", daemon=True)

    def __enter__(self) -> "ClaimExtender":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EXTEND_SECONDS):
            try:
                self._extend()
            except PASSING as error:
                log.warning("claims not extended: %s", error)
