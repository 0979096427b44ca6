"""Assemble due traces and evaluate their turns; writes nothing but postponed traces."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from groundwire_collector.assembly.completion import SECOND, waits_for_root
from groundwire_collector.assembly.conversation import with_earlier_context
from groundwire_collector.assembly.loading import gather
from groundwire_collector.assembly.received_scores import judgements_of
from groundwire_collector.assembly.steps import steps_of
from groundwire_collector.assembly.turns import AssembledRequest, assemble_requests
from groundwire_collector.assembly.unanswered import UnansweredTrace, unanswered
from groundwire_collector.evaluation.registry import GROUNDING
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.evaluation.steps import judge_steps
from groundwire_collector.evaluation.training_files import MemorizedOverrides
from groundwire_collector.processes.time_limit import process_ends_after
from groundwire_collector.settings import Settings
from groundwire_collector.storage import progress, spans, turns
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.trace_fragments import TraceFragment
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, Evaluator
from groundwire_evaluators.turn import Turn


@dataclass(frozen=True, slots=True)
class RequestParts:
    """Traces, spans (trace id, span id) and turns of a request."""

    trace_ids: frozenset[str]
    spans: frozenset[tuple[str, str]]
    turn_ids: tuple[str, ...]

    def holds(self, turn: Turn) -> bool:
        """Whether the span that answered `turn` is among the spans of this request."""
        return (turn.trace_id or "", turn.span_id or "") in self.spans


@dataclass(frozen=True, slots=True)
class JudgedTraces:
    """Judged turns of completed traces, not counted yet.

    `pieces` are what the index of fragments is to know of these traces; `unanswered` the traces
    that gave no turn, `answered` the ids of those that did.
    """

    judged: Sequence[JudgedTurn]
    requests: Sequence[RequestParts]
    pieces: Sequence[TraceFragment]
    unanswered: Sequence[UnansweredTrace] = ()
    answered: Collection[str] = ()

    @property
    def trace_ids(self) -> set[str]:
        """Ids of all traces of the requests."""
        return {name for request in self.requests for name in request.trace_ids}


class TraceJudge:
    """Judges due traces: from stored spans to evaluated turns."""

    def __init__(self, settings: Settings, engine: Engine, evaluators: Sequence[Evaluator]) -> None:
        self._settings = settings
        self._engine = engine
        self._evaluators = evaluators
        self._memorized = MemorizedOverrides()

    def judge(self, due: Sequence[PendingTrace]) -> JudgedTraces:
        """Assemble and evaluate traces.

        An evaluator has limits of its own, each a turn. Whatever else hangs ends the process, and
        the next one counts what it begins.
        """
        with process_ends_after(self._settings.batch_timeout_seconds):
            found, received, steps = self._assemble({trace.trace_id for trace in due})
        beside = self._of_steps(steps)
        for turn_id, scores in received.items():
            beside[turn_id] = (*beside.get(turn_id, ()), *scores)
        judged = [
            JudgedTurn(item.turn, (*item.evaluations, *beside.get(item.turn.id, ())))
            for item in judge(self._evaluators, [item.turn for item in found.judged])
        ]
        with process_ends_after(self._settings.batch_timeout_seconds):
            judged = self._memorized.judged(self._engine, judged)
        return replace(found, judged=judged)

    def _of_steps(self, steps: Mapping[str, Sequence[Turn]]) -> dict[str, tuple[Evaluation, ...]]:
        """Grounding of the steps of turns, by turn id."""
        grounding = next((e for e in self._evaluators if e.name == GROUNDING), None)
        if grounding is None or not steps:
            return {}
        return {name: (found,) for name, found in judge_steps(grounding, steps).items()}

    def with_root(self, due: Sequence[PendingTrace]) -> list[PendingTrace]:
        """Traces except those whose root may still arrive, which are postponed."""
        with process_ends_after(self._settings.batch_timeout_seconds):
            with self._engine.connect() as connection:
                put_off = self._without_root(connection, due)
            if put_off:
                with self._engine.begin() as connection:
                    progress.put_pending(connection, put_off)
        names = {trace.trace_id for trace in put_off}
        return [trace for trace in due if trace.trace_id not in names]

    def _without_root(
        self, connection: Connection, due: Sequence[PendingTrace]
    ) -> list[PendingTrace]:
        """Traces without a root, due when the wait for it ends."""
        wait = round(self._settings.trace_max_seconds * SECOND)
        pending = {
            trace.trace_id: replace(trace, due_ns=trace.last_received_ns + wait)
            for trace in due
            if not trace.root_ended and trace.due_ns < trace.last_received_ns + wait
        }
        found = spans.spans_of(connection, pending.keys())
        return [pending[trace_id] for trace_id, each in found.items() if waits_for_root(each)]

    def _assemble(
        self, ids: set[str]
    ) -> tuple[JudgedTraces, dict[str, tuple[Evaluation, ...]], dict[str, list[Turn]]]:
        """Turns of these traces that are new or fuller than stored, received scores and steps."""
        with self._engine.connect() as connection:
            gathered = gather(connection, sorted(ids))
            before = {turn.id: turn for turn in turns.of_traces(connection, gathered.traces)}
            found = assemble_requests(gathered.traces.values(), before.keys())
            touched = [request for request in found if not request.trace.ids.isdisjoint(ids)]
            requests = with_earlier_context(connection, touched)
        received: dict[str, tuple[Evaluation, ...]] = {}
        for request in requests:
            received |= judgements_of(request)
        completed = [turn for request in requests for turn, _ in request.turns]
        fuller = [turn for turn in completed if before.get(turn.id) != turn or turn.id in received]
        assembled = JudgedTraces(
            judged=[JudgedTurn(turn, ()) for turn in fuller],
            requests=[_parts(request) for request in requests],
            pieces=[p for p in gathered.pieces.values() if p.trace_id in ids and p.roles.spans],
            unanswered=[unanswered(r.trace) for r in requests if not r.turns and r.trace.readings],
            answered={name for r in requests if r.turns for name in r.trace.ids},
        )
        steps = steps_of(requests) if self._settings.judge_steps else {}
        of_fuller = {turn.id for turn in fuller} & steps.keys()
        return assembled, received, {turn_id: steps[turn_id] for turn_id in of_fuller}


def _parts(request: AssembledRequest) -> RequestParts:
    held = (reading.span for reading in request.trace.readings.values())
    return RequestParts(
        frozenset(request.trace.ids),
        frozenset((span.trace_id, span.span_id) for span in held),
        tuple(turn.id for turn, _ in request.turns),
    )
