"""Login page: API key in an HttpOnly cookie.

Keys never stand in an address. Whether a key is good is the gate's to say, here as everywhere: the
page sets the cookie, and the gate lets its next request through or sends it back.
"""

import re

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from groundwire_collector.auth.access import COOKIE, SCOPE_KEY
from groundwire_collector.web.pages.form import read_form
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
LONGEST_FORM = 4096
HOURS = 12
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,512}")  # RFC 6265


@router.get("/login")
def ask(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Login form; logged-in users are redirected."""
    if request.scope.get(SCOPE_KEY) is not None:
        return RedirectResponse(_inside(next), 303)
    refused = COOKIE in request.cookies
    answer = page("login.html", 200, next=_inside(next), refused=refused)
    if refused:
        answer.headers["Set-Cookie"] = _cookie("", 0, request)
    return answer


@router.post("/login")
async def enter(request: Request) -> Response:
    """Store the key in the cookie and redirect to the requested page."""
    form = await read_form(request, LONGEST_FORM) or {}
    key, target = form.get("key", "").strip(), _inside(form.get("next", "/"))
    if not _COOKIE_VALUE.fullmatch(key):
        return page("login.html", 400, next=target, refused=True)
    return _go(target, _cookie(key, HOURS * 3600, request))


@router.get("/logout")
def leave(request: Request) -> Response:
    return _go("/login", _cookie("", 0, request))


def _go(target: str, cookie: str) -> Response:
    return RedirectResponse(target, 303, {"Set-Cookie": cookie, "Cache-Control": "no-store"})


def _cookie(value: str, seconds: int, request: Request) -> str:
    secure = "; Secure" if request.url.scheme == "https" else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def _inside(target: str) -> str:
    """Path within this collector, against open redirects."""
    local = re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", target)
    return target if local and not target.startswith(("/login", "/logout")) else "/"
