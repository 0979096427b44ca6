"""Context of earlier turns that a prompt of the same session repeats.

A chat sends its history with each question, and with it what it retrieved before: an answer that
follows that is supported, though this turn retrieved nothing. What tools returned is read from the
prompt itself (`context.with_history`); chunks of other retrievals are known from the stored turns,
and count where their text is in the prompt word for word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import SHORT
from groundwire_collector.assembly.context import RetrievedContext, with_earlier
from groundwire_collector.assembly.turns import AssembledRequest
from groundwire_collector.storage import turns
from groundwire_evaluators.turn import Chunk, Turn

MOST_EARLIER = 20  # turns of a session before it that are looked through


@dataclass(frozen=True, slots=True)
class _Prompt:
    """Words of everything that was sent to the model for a turn."""

    turn: Turn
    text: str


def with_earlier_context(
    connection: Connection, requests: Sequence[AssembledRequest]
) -> list[AssembledRequest]:
    """Requests whose turns have the chunks of earlier turns that their prompts repeat.

    Earlier turns are those of the same service and session, stored or among `requests`. One query
    for each turn that has both a session and a prompt.
    """
    together = [turn for request in requests for turn, _ in request.turns]
    found = {
        prompt.turn.id: _completed(prompt, _before(connection, prompt.turn, together))
        for request in requests
        for prompt in _prompts(request)
    }
    return [
        replace(request, turns=[(found.get(turn.id, turn), ids) for turn, ids in request.turns])
        for request in requests
    ]


def _prompts(request: AssembledRequest) -> Iterator[_Prompt]:
    for turn, ids in request.turns:
        if turn.session_id is None or turn.started_at is None:
            continue
        sent = [
            message.text
            for name, reading in request.trace.readings.items()
            if name in ids and reading.kind == SpanKind.GENERATION
            for message in reading.prompt
        ]
        if sent:
            yield _Prompt(turn, " ".join(" ".join(sent).split()))


def _before(connection: Connection, turn: Turn, together: Sequence[Turn]) -> list[Turn]:
    """Earlier turns of the session, the latest first."""
    at_once = [other for other in together if _is_before(other, turn)]
    stored = turns.before(connection, turn, MOST_EARLIER)
    return [*at_once, *stored]


def _is_before(other: Turn, turn: Turn) -> bool:
    same = (other.service, other.session_id) == (turn.service, turn.session_id)
    if not same or other.started_at is None or turn.started_at is None:
        return False
    return other.started_at < turn.started_at


def _completed(prompt: _Prompt, earlier: Sequence[Turn]) -> Turn:
    repeated = [
        chunk
        for turn in earlier
        if not (turn.closed_book or turn.probe)
        for chunk in turn.chunks
        if _is_in(chunk, prompt.text)
    ]
    received = RetrievedContext(prompt.turn.chunks, prompt.turn.context_source)
    every = with_earlier(received, repeated)
    return replace(prompt.turn, chunks=every.chunks, context_source=every.rung)


def _is_in(chunk: Chunk, text: str) -> bool:
    words = " ".join(chunk.text.split())
    return len(words) >= SHORT and words in text
