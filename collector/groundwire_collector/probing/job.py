"""Job that runs scheduled probes, with checkpoints."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Event
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.metrics.reliance import (
    ANSWERED,
    OutcomeSource,
    count_call,
    count_probe_arms,
    count_probes,
)
from groundwire_collector.probing.probe_alarms import ProbeAlarms
from groundwire_collector.probing.runner import ProbeRunner
from groundwire_collector.storage import counters, probe_runs
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.probe_runs import RunState, ScheduledProbeRun
from groundwire_evaluators.reliance.probe.run import ProbeResult

log = logging.getLogger(__name__)

NANOSECONDS = 1_000_000_000
TOGETHER = 20  # results in one transaction …
LONGEST_NS = 2 * NANOSECONDS  # … or of this age
HOPELESS = 40  # failed calls in a row after which a run is abandoned until the next is due


@dataclass
class ProbeJob:
    """Runs `runner` against one model every `interval_seconds`.

    When a run is due is read from the store, so a restart neither repeats a run nor loses one: what
    was broken off within its interval goes on with the trials it lacks. Results and their counters
    are one transaction.
    """

    engine: Engine
    runner: ProbeRunner
    service: str
    model: str
    model_version: str
    interval_seconds: float
    alarms: ProbeAlarms
    prompt_version: str = ""
    stop: Event = field(default_factory=Event)
    clock_ns: Callable[[], int] = time_ns

    def step(self) -> bool:
        """Do the run that is due, if one is; returns when it is over or `stop` is set."""
        run, done = self._take()
        if run is None:
            return False
        state = self._carry_out(run, done)
        if state is not RunState.RUNNING:
            self._end(run, state)
        return True

    def _take(self) -> tuple[ScheduledProbeRun | None, frozenset[str]]:
        """The run to do now and the trials it has answered already."""
        now_ns, identity = self.clock_ns(), self.runner.identity()
        new = ScheduledProbeRun(
            service=self.service,
            model=self.model,
            model_version=self.model_version,
            prompt_version=self.prompt_version,
            pack=identity.pack,
            digest=identity.digest,
            prompt=identity.prompt,
            started_ns=now_ns,
        )
        with self.engine.begin() as connection:
            last = probe_runs.last(connection, new)
            if last is not None and now_ns - last.started_ns < self._interval_ns:
                if last.state is not RunState.RUNNING:
                    return None, frozenset()
                held = probe_runs.results(connection, last).results
                return last, frozenset(result.key for result in held if result.error is None)
            if last is not None and last.state is RunState.RUNNING:
                probe_runs.end(connection, last.id, RunState.ABANDONED, now_ns)
            return replace(new, id=probe_runs.begin(connection, new)), frozenset()

    def _carry_out(self, run: ScheduledProbeRun, done: frozenset[str]) -> RunState:
        batch: list[ProbeResult] = []
        failed, stored_ns = 0, self.clock_ns()
        for result in self.runner.results(done):
            batch.append(result)
            failed = failed + 1 if result.error else 0
            if len(batch) == TOGETHER or self.clock_ns() - stored_ns > LONGEST_NS:
                self._keep(run, batch)
                batch, stored_ns = [], self.clock_ns()
            if failed >= HOPELESS or self.stop.is_set():
                break
        self._keep(run, batch)
        if failed >= HOPELESS:
            log.warning("probes of %s: repeated call failures (%s)", run.model, result.error)
            return RunState.ABANDONED
        return RunState.RUNNING if self.stop.is_set() else RunState.FINISHED

    def _keep(self, run: ScheduledProbeRun, results: Sequence[ProbeResult]) -> None:
        if not results:
            return
        labels, increments = self._labels, Increments()
        for result in results:
            tokens = {"input": result.input_tokens, "output": result.output_tokens}
            count_call(increments, OutcomeSource.PROBE, result.error or ANSWERED, labels, tokens)
        count_probes(increments, results, labels)
        count_probe_arms(increments, results, labels)
        with self.engine.begin() as connection:
            probe_runs.save(connection, run.id, results)
            counters.add(connection, increments, self.clock_ns())

    def _end(self, run: ScheduledProbeRun, state: RunState) -> None:
        now_ns, increments = self.clock_ns(), Increments()
        increments.count(metric_definitions.PROBE_RUNS, {**self._labels, "state": state.value})
        with self.engine.begin() as connection:
            probe_runs.end(connection, run.id, state, now_ns)
            counters.add(connection, increments, now_ns)
            if state is RunState.FINISHED:
                self.alarms.compare_and_alarm(connection, run, now_ns)

    @property
    def _interval_ns(self) -> int:
        return round(self.interval_seconds * NANOSECONDS)

    @property
    def _labels(self) -> dict[str, str]:
        names = ("service", "model_version", "prompt_version")
        return {name: getattr(self, name) for name in names}
