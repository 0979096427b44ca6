"""Request bodies: bounded reading and decompression."""

import zlib
from asyncio import sleep
from collections.abc import AsyncIterator, Iterator

from starlette.types import Receive

STEP_BYTES = 2**20  # inflated at once, between looks at the limit and at other requests
_WINDOW_BITS = {b"gzip": 31, b"deflate": 15}


class RequestRejectedError(Exception):
    """The request was rejected; nothing of it was stored."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class ClientGoneError(Exception):
    """The client hung up before its request was complete."""


class MemoryBudget:
    """Bytes of bodies that this process holds, from reading until the answer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0

    def take(self, size: int) -> None:
        if self.held + size > self._limit:
            raise RequestRejectedError(503, "The write queue is full; retry later.")
        self.held += size

    def give_back(self, size: int) -> None:
        self.held -= size


class RequestBody:
    """Body of a request; `size` counts against the budget until `release`."""

    def __init__(self, budget: MemoryBudget, limit: int) -> None:
        self._budget = budget
        self._limit = limit
        self._parts: list[bytes] = []
        self.size = 0

    async def read(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes:
        """All of it, inflated. RequestRejectedError: 400, 413, 415 or 503."""
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > self._limit:
            raise self._too_long()
        encoding = headers.get(b"content-encoding", b"").strip().lower() or b"identity"
        if encoding == b"identity":
            async for data in _received(receive):
                self._add(data)
        elif encoding in _WINDOW_BITS:
            await self._inflate(receive, _WINDOW_BITS[encoding])
        else:
            raise RequestRejectedError(415, "Content-Encoding must be gzip, deflate or identity.")
        parts, self._parts = self._parts, []  # not held beside what is made of them
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def release(self) -> None:
        self._parts.clear()
        self._budget.give_back(self.size)
        self.size = 0

    async def _inflate(self, receive: Receive, window_bits: int) -> None:
        stream = _Inflater(window_bits)
        compressed = 0
        async for data in _received(receive):
            compressed += len(data)
            if compressed > self._limit:
                raise self._too_long()
            for piece in stream.feed(data):
                self._add(piece)
                if len(piece) == STEP_BYTES:
                    await sleep(0)
        if not stream.complete:
            raise RequestRejectedError(400, "The compressed body is truncated.")

    def _add(self, data: bytes) -> None:
        if self.size + len(data) > self._limit:
            raise self._too_long()
        self._budget.take(len(data))
        self.size += len(data)
        self._parts.append(data)

    def _too_long(self) -> RequestRejectedError:
        return RequestRejectedError(413, f"The body is longer than {self._limit} bytes.")


class _Inflater:
    """A gzip (of one or several members) or zlib stream."""

    def __init__(self, window_bits: int) -> None:
        self._window_bits = window_bits
        self._stream = zlib.decompressobj(window_bits)
        self._started = False

    @property
    def complete(self) -> bool:
        return self._stream.eof or not self._started

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._started = self._started or bool(data)
        while data:
            if self._stream.eof:
                self._stream = zlib.decompressobj(self._window_bits)
            try:
                piece = self._stream.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise RequestRejectedError(
                    400, "The body does not match Content-Encoding."
                ) from error
            if piece:
                yield piece
            data = self._stream.unconsumed_tail or self._stream.unused_data


async def _received(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        data = message.get("body", b"")
        if data:
            yield data
        more = message.get("more_body", False)
