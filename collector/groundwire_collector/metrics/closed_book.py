"""Closed-book metrics: pairing of calls with their production turns."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.turns import tally_closed_book
from groundwire_collector.storage import closed_book_turns, trace_fragments, turns
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.reliance.closed_book import OTHERS
from groundwire_evaluators.reliance.memorization import ClosedBookComparison
from groundwire_evaluators.turn import Turn

WAITING_NS = 3_600_000_000_000  # maximum wait of a closed-book call for its turn


def compared(waiting: ClosedBookTurn, comparison: ClosedBookComparison) -> ClosedBookTurn:
    """The turn with the result of its closed-book call."""
    return replace(
        waiting,
        cell=comparison.cell.value,
        diagnostic=comparison.diagnostic,
        memory_strength=comparison.memory_strength,
        probability=comparison.probability,
    )


def tally_closed_book_calls(
    connection: Connection,
    increments: Increments,
    judged: Sequence[JudgedTurn],
    before: Mapping[str, Turn],
    now_ns: int,
) -> None:
    """Count closed-book calls with their production turns, in either order."""
    came = [item.turn for item in judged if item.turn.closed_book_of and item.turn.id not in before]
    traces = [
        item.turn.trace_id for item in judged if not item.turn.closed_book and item.turn.trace_id
    ]
    early = trace_fragments.awaited(connection, traces, now_ns - WAITING_NS)
    waited = [found.turn for turn_id in early if (found := turns.get(connection, turn_id))]
    for closed_book in (*came, *waited):
        if not _tally_closed_book(connection, increments, closed_book, now_ns):
            trace_id = (closed_book.closed_book_of or "").partition(":")[0]
            trace_fragments.await_turn(connection, closed_book.id, trace_id, now_ns)
        elif closed_book.id in early:
            trace_fragments.no_longer_await(connection, [closed_book.id])


def _tally_closed_book(
    connection: Connection, increments: Increments, closed_book: Turn, now_ns: int
) -> bool:
    """Count a closed-book call; False while its production turn is missing."""
    trace_id = (closed_book.closed_book_of or "").partition(":")[0]
    found = turns.find(connection, TurnQuery(trace_id=trace_id))
    production = next((item for item in found if not item.turn.closed_book), None)
    if production is None:
        return False
    if not closed_book_turns.is_answered(connection, production.turn.id):
        others = turns.other_answers(connection, production.turn, OTHERS)
        outcome = tally_closed_book(increments, production, closed_book, others)
        waiting = closed_book_turns.sampled(production.turn, outcome.probability, now_ns)
        closed_book_turns.put(connection, [compared(waiting, outcome)])
    return True


class ClosedBookMetrics:
    """Pairs closed-book calls with their production turns and counts them."""

    def take(self, batch: JudgedBatch, connection: Connection) -> None:
        tally_closed_book_calls(
            connection, batch.increments, batch.judged, batch.before, batch.now_ns
        )
