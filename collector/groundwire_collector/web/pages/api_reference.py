"""API reference page, without scripts or foreign sites."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def show(request: Request, _access: ReadAccess) -> HTMLResponse:
    """Every operation of the API with its parameters."""
    schema = request.app.openapi()
    return page("api.html", operations=list(_operations(schema)), version=schema["info"]["version"])


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in sorted(schema["paths"].items()):
        for method, operation in methods.items():
            yield {
                "method": method.upper(),
                "path": path,
                "summary": operation.get("description") or operation.get("summary", ""),
                "parameters": [
                    (p["name"], p["in"], "required" if p.get("required") else "")
                    for p in operation.get("parameters", ())
                ],
                "answers": sorted(operation.get("responses", {})),
            }
