"""Problem details of the HTTP API: https://www.rfc-editor.org/rfc/rfc9457"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from groundwire_collector.errors import StorageUnavailableError, UsageError
from groundwire_collector.storage.engine import PASSING

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1


class ProblemError(HTTPException):
    """HTTP error of the API; further fields go into its body."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.fields = fields


class ProblemResponse(JSONResponse):
    """Response of type application/problem+json."""

    media_type = MEDIA_TYPE


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **fields: Any
) -> ProblemResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return ProblemResponse({**body, "detail": detail, **fields}, status, headers)


def unavailable(detail: str) -> ProblemResponse:
    """Anything that passes: clients try again by themselves."""
    return problem(503, detail, {"Retry-After": str(RETRY_SECONDS)})


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(UsageError, _usage)
    app.add_exception_handler(DataError, _unfit)
    for kind in (StorageUnavailableError, *PASSING):
        app.add_exception_handler(kind, _unavailable)
    app.add_exception_handler(Exception, _unexpected)


async def _http(_request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)
    fields = error.fields if isinstance(error, ProblemError) else {}
    return problem(error.status_code, str(error.detail), error.headers, **fields)


async def _invalid(_request: Request, error: Exception) -> ProblemResponse:
    """Validation error as 400 (not 422), with details in `errors`."""
    assert isinstance(error, RequestValidationError)
    # The offending input stays out: it may be content.
    errors = [{"at": list(e["loc"]), "message": e["msg"]} for e in error.errors()]
    return problem(400, "The request is not valid.", errors=errors)


async def _usage(_request: Request, error: Exception) -> ProblemResponse:
    return problem(400, str(error))


async def _unfit(_request: Request, _error: Exception) -> ProblemResponse:
    return problem(400, "A value of the request is none that could be stored.")


async def _unavailable(_request: Request, _error: Exception) -> ProblemResponse:
    return unavailable("The database cannot be used now.")


async def _unexpected(_request: Request, _error: Exception) -> ProblemResponse:
    return problem(500, "Unexpected error; the log of the collector says more.")
