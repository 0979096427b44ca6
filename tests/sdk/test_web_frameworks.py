"""The decorator on routes of real web frameworks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from groundwire import observe
from groundwire.testing import CollectedSpans


class Question(BaseModel):
    question: str


def tenant(x_tenant: Annotated[str, Header()] = "none") -> str:
    return x_tenant


async def words() -> AsyncIterator[str]:
    for word in ("14 ", "days."):
        yield word


app = FastAPI()


@app.post("/ask")
@observe
async def ask(body: Question, tenant: Annotated[str, Depends(tenant)]) -> dict[str, str]:
    return {"answer": f"14 days, {tenant}."}


@app.get("/stream")
@observe
async def stream(question: str) -> StreamingResponse:
    return StreamingResponse(words(), media_type="text/plain")


@app.get("/sync")
@observe
def sync(question: str) -> StreamingResponse:
    def body() -> Iterator[bytes]:
        yield "14 dä".encode()[:-1]
        yield "14 dä".encode()[-1:] + b"ys."

    return StreamingResponse(body(), media_type="text/plain")


def test_parameters_bodies_and_dependencies_are_found(spans: CollectedSpans) -> None:
    with TestClient(app) as client:
        answer = client.post("/ask", json={"question": "How long?"}, headers={"X-Tenant": "t"})
        assert answer.json() == {"answer": "14 days, t."}
        assert client.post("/ask", json={}).status_code == 422
    span = spans.named("ask")
    assert (span.question, span.answer) == ("How long?", "14 days, t.")


def test_a_streamed_answer_is_recorded_when_it_is_out(spans: CollectedSpans) -> None:
    with TestClient(app) as client:
        assert client.get("/stream", params={"question": "How long?"}).text == "14 days."
    span = spans.named("stream")
    assert (span.question, span.answer) == ("How long?", "14 days.")
    assert "groundwire.stream.closed_early" not in span.attributes


def test_bytes_cut_inside_a_character_are_put_together(spans: CollectedSpans) -> None:
    with TestClient(app) as client:
        assert client.get("/sync", params={"question": "How long?"}).text == "14 däys."
    assert spans.named("sync").answer == "14 däys."
