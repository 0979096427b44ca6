"""Deletion of a user's or session's data, with all linked traces.

A turn may be made of several traces, of which one alone carries the id: pieces that were joined to
it by session, response id or words go with it, and so do closed-book calls that asked its question.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, or_, select

from groundwire import attributes
from groundwire_collector.assembly.loading import gather
from groundwire_collector.assembly.turns import assemble_requests
from groundwire_collector.storage.retention import each_trace, forget_traces
from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.tables.turns import TURN

SESSION_KEYS = frozenset(
    {
        "session.id",
        "gen_ai.conversation.id",
        "langfuse.session.id",
        "langsmith.trace.session_id",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "langsmith.metadata.conversation_id",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.conversation_id",
        "session_id",
        "ai.telemetry.metadata.sessionId",
        "ai.telemetry.metadata.session_id",
        "ai.telemetry.metadata.conversationId",
        "mlflow.trace.session",
        "gcp.vertex.agent.session_id",
        "lmnr.association.properties.session_id",
        "metadata.session_id",
        "metadata.trace_id",
        "pydantic_ai.conversation.id",
        "conversation.id",
        "conversation_id",
        "chat.id",
        "chat_id",
        "dialog.id",
        "chat.session_id",
        "spring.ai.chat.client.conversation.id",
        "wandb.thread_id",
    }
)
USER_KEYS = frozenset(
    {
        "user.id",
        "enduser.id",
        "enduser.pseudo.id",
        "user",
        "gen_ai.user",
        "llm.user",
        "langfuse.user.id",
        "ai.telemetry.metadata.userId",
        "ai.telemetry.metadata.user_id",
        "mlflow.trace.user",
        "lmnr.association.properties.user_id",
        "metadata.user_api_key_end_user_id",
        "langsmith.metadata.user_id",
        "traceloop.association.properties.user_id",
        "traceloop.association.properties.customer_id",
    }
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """User or session id, under attribute keys or a turn column."""

    keys: frozenset[str]
    value: str
    column: ColumnElement[str]

    def names(self, span: Span) -> bool:
        """Whether the span, its resource or an event of it names the value."""
        events = (event.attributes for event in span.events)
        return any(
            key in self.keys and str(value) == self.value
            for attributes in (span.attributes, span.resource, *events)
            for key, value in attributes.items()
        )


def forget(engine: Engine, *, session: str | None = None, user: str | None = None) -> set[bytes]:
    """Delete all traces of a session or user with their texts; returns their ids.

    Reads every stored span, so it takes a while; it is the whole trace that goes.
    """
    of_session, of_user = TURN.c.session_id, TURN.c.facts["user_id"].as_string()
    wanted = [
        Wanted(keys, value, column)
        for keys, value, column in ((SESSION_KEYS, session, of_session), (USER_KEYS, user, of_user))
        if value is not None
    ]
    traces, closed_book = _found(engine, wanted)
    traces |= _of_turns(engine, wanted)
    for batch in batched(sorted(traces)):
        traces |= _joined(engine, batch)
    traces |= {call for call, repeated in closed_book.items() if repeated in traces}
    forget_traces(engine, traces)
    return traces


def _found(engine: Engine, wanted: Sequence[Wanted]) -> tuple[set[bytes], dict[bytes, bytes]]:
    """Traces that carry the id; and closed-book calls with their trace."""
    named: set[bytes] = set()
    closed_book: dict[bytes, bytes] = {}
    for trace, spans in each_trace(engine):
        if any(each.names(span) for span in spans for each in wanted):
            named.add(trace)
        for span in spans:
            if repeated := _repeated(span):
                closed_book[trace] = repeated
    return named, closed_book


def _of_turns(engine: Engine, wanted: Sequence[Wanted]) -> set[bytes]:
    """The traces of stored turns of these: whatever attribute of a family of one's own named it."""
    query = select(TURN.c.trace_id).where(or_(*(each.column == each.value for each in wanted)))
    with engine.connect() as connection:
        return {bytes.fromhex(trace) for trace in connection.scalars(query)}


def _repeated(span: Span) -> bytes | None:
    value = span.attributes.get(attributes.CLOSED_BOOK_OF)
    try:
        return bytes.fromhex(str(value).partition(":")[0]) if value else None
    except ValueError:
        return None


def _joined(engine: Engine, traces: Sequence[bytes]) -> set[bytes]:
    """The traces that make up requests with one of these."""
    names = {trace.hex() for trace in traces}
    with engine.connect() as connection:
        gathered = gather(connection, sorted(names))
    requests = assemble_requests(gathered.traces.values(), ())
    return {
        bytes.fromhex(trace)
        for request in requests
        if not request.trace.ids.isdisjoint(names)
        for trace in request.trace.ids
    }
