"""HTTP connections with bounded heads, in bounded number.

httptools reads heads of any length, and uvicorn waits for one for ever: without a key, one client
could take all memory, and a few hundred half-sent heads all file descriptors.
"""

import asyncio
import resource
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 64 * 2**10  # bytes of a request's line and headers, or of trailers
HEAD_SECONDS = 10.0  # from the connection, or the request before, to the end of a head
MOST_DESCRIPTORS = 65_536
RESERVED_DESCRIPTORS = 64  # database, logs, gRPC, what the process holds itself
FEWEST_CONNECTIONS = 16


def raise_descriptor_limit() -> int:
    """Raise RLIMIT_NOFILE to its hard limit; the descriptors available."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MOST_DESCRIPTORS)


def most_connections(descriptors: int) -> int:
    """Connection limit for a number of file descriptors."""
    return max(FEWEST_CONNECTIONS, descriptors - RESERVED_DESCRIPTORS)


def bounded_protocol(connections: int) -> type[asyncio.Protocol]:
    """uvicorn protocol class with a connection limit."""
    return type("Protocol", (BoundedHttpProtocol,), {"most": connections})


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's, which ends connections whose heads are too long or too slow.

    Where there are too many, the one that waits longest without a request makes room.
    """

    most: ClassVar[int] = most_connections(1024)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0  # since the last head or piece of a body was complete
        self._head_timer: asyncio.TimerHandle | None = None
        self.since = self.loop.time()

    @property
    def waits(self) -> bool:
        """Whether no request of it is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_complete()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self.waits:
            self._await_head()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > LONGEST_HEAD and not self.transport.is_closing():
            self._end(b"431 Request Header Fields Too Large")

    def on_headers_complete(self) -> None:
        self._head_complete()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._head_bytes = 0
        super().on_message_complete()

    def _await_head(self) -> None:
        self.since = self.loop.time()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _head_complete(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.waits and not self.transport.is_closing():
            self._end(b"408 Request Timeout")

    def _end(self, status: bytes) -> None:
        self.transport.write(
            b"HTTP/1.1 %s\r\nconnection: close\r\ncontent-length: 0\r\n\r\n" % status
        )
        self.transport.close()

    def _make_room(self) -> None:
        waiting = [c for c in self.connections if isinstance(c, BoundedHttpProtocol) and c.waits]
        oldest = min(waiting, key=lambda connection: connection.since, default=self)
        oldest.transport.abort()
