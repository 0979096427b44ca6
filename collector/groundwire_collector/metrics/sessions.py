"""Session counters: scored sessions, and those with an unsupported turn."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.reliance import supported_by_grounding
from groundwire_collector.storage import sessions
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.sessions import SessionState
from groundwire_collector.storage.turns import NANOSECONDS, JudgedTurn


class SessionMetrics:
    """Counts sessions at their first scored and first flagged turn."""

    def take(self, batch: JudgedBatch, connection: Connection, /) -> None:
        """Take the production turns with a session, at their first score."""
        counted = [each for each in (*batch.new, *batch.first_scored) if each.turn.session_id]
        if counted:
            self._take(counted, batch.increments, connection)

    def _take(
        self, counted: Sequence[JudgedTurn], increments: Increments, connection: Connection
    ) -> None:
        keys = [(each.turn.session_id or "", each.turn.service) for each in counted]
        states = sessions.states(connection, set(keys))
        for key, each in zip(keys, counted, strict=True):
            before = states.get(key)
            states[key] = _with_turn(before, each, increments)
        sessions.save(connection, states.values())


def _with_turn(
    before: SessionState | None, judged: JudgedTurn, increments: Increments
) -> SessionState:
    turn = judged.turn
    began = round(turn.started_at.timestamp() * NANOSECONDS) if turn.started_at else 0
    state = before or SessionState(turn.session_id or "", turn.service, began, began)
    supported = supported_by_grounding(judged)
    labels = {"service": turn.service}
    if supported is not None and not state.scored:
        increments.count(metric_definitions.SESSIONS, labels)
    if supported is False and not state.unsupported:
        increments.count(metric_definitions.SESSIONS_UNSUPPORTED, labels)
    return replace(
        state,
        started_ns=min(state.started_ns, began),
        last_ns=max(state.last_ns, began),
        scored=state.scored or supported is not None,
        unsupported=state.unsupported or supported is False,
    )
