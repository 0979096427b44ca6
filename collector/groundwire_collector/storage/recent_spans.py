"""Most recent spans, for diagnosis."""

from sqlalchemy import Connection, func, select

from groundwire_collector.storage.tables.spans import SPAN


def recent_traces(connection: Connection, limit: int, service: str | None = None) -> list[str]:
    """Ids of the traces with the newest spans, newest first."""
    latest = func.max(SPAN.c.received_ns)
    query = select(SPAN.c.trace_id).group_by(SPAN.c.trace_id).order_by(latest.desc()).limit(limit)
    if service is not None:
        query = query.where(SPAN.c.service == service)
    return [trace_id.hex() for trace_id in connection.scalars(query)]
