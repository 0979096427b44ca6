"""Runbook pages, the link targets of alerts."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt
from markupsafe import Markup

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
RUNBOOKS = {
    file.name.removesuffix(".md"): file.read_text(encoding="utf-8")
    for file in (files("groundwire_collector.alerting") / "runbooks").iterdir()
    if file.name.endswith(".md")
}


@router.get("/runbooks/{alert}")
def show_runbook(alert: str, _access: ReadAccess) -> HTMLResponse:
    if alert not in RUNBOOKS:
        return page("missing.html", 404, what="runbook")
    return page("runbook.html", title=alert, body=Markup(_MARKDOWN.render(RUNBOOKS[alert])))
