"""Bodies that are too large, and too many of them at once."""

import asyncio
import zlib
from typing import Any

import pytest

from groundwire_collector.receiver.body import MemoryBudget, RequestBody, RequestRejectedError

MB = 2**20
GZIP = {b"content-encoding": b"gzip"}


def read(
    chunks: list[bytes], headers: dict[bytes, bytes], limit: int, budget: MemoryBudget
) -> RequestBody:
    async def run() -> RequestBody:
        source = iter(chunks)
        left = len(chunks)

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": next(source), "more_body": left > 0}

        body = RequestBody(budget, limit)
        await body.read(receive, headers)
        return body

    return asyncio.run(run())


def bomb(megabytes: int) -> bytes:
    compressor = zlib.compressobj(9, wbits=31)
    zeros = bytes(MB)
    return b"".join(compressor.compress(zeros) for _ in range(megabytes)) + compressor.flush()


def refusal(*arguments: Any) -> int:
    with pytest.raises(RequestRejectedError) as raised:
        read(*arguments)
    return raised.value.status


def test_a_declared_length_beyond_the_limit_is_refused_unread() -> None:
    assert refusal([], {b"content-length": b"101"}, 100, MemoryBudget(MB)) == 413


def test_a_chunked_body_is_refused_where_it_passes_the_limit() -> None:
    assert refusal([b"x" * 60] * 5, {}, 100, MemoryBudget(MB)) == 413


def test_a_small_body_that_inflates_beyond_the_limit_is_refused_on_the_way() -> None:
    budget = MemoryBudget(1000 * MB)
    assert refusal([bomb(100)], GZIP, 8 * MB, budget) == 413
    assert budget.held <= 8 * MB


def test_bodies_beyond_the_memory_budget_are_to_come_again() -> None:
    budget = MemoryBudget(3 * MB)
    first = read([bomb(2)], GZIP, 64 * MB, budget)
    assert refusal([bomb(2)], GZIP, 64 * MB, budget) == 503
    first.release()
    assert read([bomb(1)], GZIP, 64 * MB, budget).size == MB
