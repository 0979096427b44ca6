"""Liveness and readiness endpoints (`/healthz`, `/readyz`)."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Engine

from groundwire_collector.responses.problem import unavailable
from groundwire_collector.storage.engine import PASSING, probe

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Readiness: the database answers and is writable."""
    engine: Engine = request.app.state.engine
    try:
        probe(engine)
    except PASSING:
        return unavailable("The database cannot be written now.")
    return JSONResponse({"status": "ready"})
