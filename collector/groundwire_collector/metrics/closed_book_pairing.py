"""Shadow calls and the production turns that they ask again, in whichever order they are judged."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from groundwire_collector.metrics import closed_book
from groundwire_collector.metrics.turns import tally_shadow
from groundwire_collector.storage import closed_book_turns, trace_fragments, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.turn import Turn

WAITING_NS = 3_600_000_000_000  # for how long a shadow call waits for its turn


def tally_shadows(
    connection: Connection,
    increments: Increments,
    judged: Sequence[JudgedTurn],
    before: Mapping[str, Turn],
    now_ns: int,
) -> None:
    """Count shadow calls beside their production turns, whichever was judged first."""
    came = [item.turn for item in judged if item.turn.shadow_of and item.turn.id not in before]
    traces = [item.turn.trace_id for item in judged if not item.turn.shadow and item.turn.trace_id]
    early = trace_fragments.awaited(connection, traces, now_ns - WAITING_NS)
    waited = [found.turn for turn_id in early if (found := turns.get(connection, turn_id))]
    for shadow in (*came, *waited):
        if not _tally_shadow(connection, increments, shadow, now_ns):
            trace_id = (shadow.shadow_of or "").partition(":")[0]
            trace_fragments.await_turn(connection, shadow.id, trace_id, now_ns)
        elif shadow.id in early:
            trace_fragments.no_longer_await(connection, [shadow.id])


def _tally_shadow(
    connection: Connection, increments: Increments, shadow: Turn, now_ns: int
) -> bool:
    """Count a shadow call beside its production turn; False where that is not stored (yet)."""
    trace_id = (shadow.shadow_of or "").partition(":")[0]
    found = turns.find(connection, TurnQuery(trace_id=trace_id))
    production = next((item for item in found if not item.turn.shadow), None)
    if production is None:
        return False
    if not closed_book_turns.is_answered(connection, production.turn.id):
        outcome = tally_shadow(increments, production, shadow)
        waiting = closed_book.sampled(production.turn, outcome.probability, now_ns)
        closed_book_turns.put(connection, [closed_book.compared(waiting, outcome)])
    return True
