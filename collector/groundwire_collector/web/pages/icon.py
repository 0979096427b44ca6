"""Favicon of the pages."""

from fastapi import APIRouter
from fastapi.responses import Response

from groundwire_collector.web.pages.rendering import ASSETS

router = APIRouter(include_in_schema=False)
ICON = (ASSETS / "favicon.svg").read_bytes()


@router.get("/favicon.ico")
def favicon() -> Response:
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
