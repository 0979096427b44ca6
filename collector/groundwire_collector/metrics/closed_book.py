"""What is kept of a shadowed turn, before its closed-book call and after it."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_evaluators.reliance.passive import question_key
from groundwire_evaluators.reliance.shadow import ClosedBookComparison
from groundwire_evaluators.turn import Turn


def sampled(turn: Turn, probability: float, now_ns: int) -> ClosedBookTurn:
    """A turn whose call waits. Turns of one question, however written, are one cluster."""
    question = question_key(turn.question).encode()
    return ClosedBookTurn(
        turn_id=turn.id,
        service=turn.service,
        model_version=turn.model_version,
        prompt_version=turn.prompt_version,
        sampled_ns=now_ns,
        probability=probability,
        cluster=hashlib.sha256(question).hexdigest()[:16],
    )


def compared(waiting: ClosedBookTurn, shadowed: ClosedBookComparison) -> ClosedBookTurn:
    """The same turn with what its call said."""
    return replace(
        waiting,
        cell=shadowed.cell.value,
        diagnostic=shadowed.diagnostic,
        memory_strength=shadowed.memory_strength,
        probability=shadowed.probability,
    )


def by_version(
    turns: Iterable[ClosedBookTurn],
) -> dict[tuple[str, str | None], list[ClosedBookComparison]]:
    """What the estimate takes, by service and model_version."""
    found: dict[tuple[str, str | None], list[ClosedBookComparison]] = {}
    for turn in turns:
        found.setdefault((turn.service, turn.model_version), []).append(turn.shadowed)
    return found
