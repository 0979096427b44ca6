"""Sub-path behind a proxy, HEAD, and `nosniff` for web answers."""

import re
from collections.abc import Iterable
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groundwire_collector.responses import otlp

_PREFIX = re.compile(rb"(?:/[\w.~-]{1,100}){1,10}")
_prefix: ContextVar[str] = ContextVar("prefix", default="")

Headers = Iterable[tuple[bytes, bytes]]


def prefix() -> str:
    """Path prefix of the client's addresses: "" or /a/path."""
    return _prefix.get()


class WebMiddleware:
    """ASGI middleware around all others.

    Behind a proxy that serves the collector below a path, as `root_path` or X-Forwarded-Prefix
    says, every link, redirect and cookie of an answer stays there, whether the proxy takes the
    path off or not. HEAD is answered as GET is, without the body.
    """

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app = app
        self._root_path = root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        before = _forwarded(scope["headers"]) or self._root_path
        if before:
            scope = {**scope, "path": _inside(scope["path"], before)}
        if otlp.is_otlp(scope["path"]):
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        token = _prefix.set(before)
        try:
            await self._app(
                {**scope, "method": "GET"} if head else scope, receive, _sending(send, before, head)
            )
        finally:
            _prefix.reset(token)


def _sending(send: Send, before: str, head: bool) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(_placed(message["headers"], before.encode("ascii")))
            if all(name != b"x-content-type-options" for name, _ in headers):
                headers.append((b"x-content-type-options", b"nosniff"))
            message = {**message, "headers": headers}
        elif head and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sent


def _placed(headers: Headers, before: bytes) -> Iterable[tuple[bytes, bytes]]:
    """Redirects and cookies below the path that the client knows."""
    for name, value in headers:
        if before and name == b"location" and value.startswith(b"/"):
            value = before + value
        elif before and name == b"set-cookie":
            value = value.replace(b"; Path=/;", b"; Path=" + before + b"/;", 1)
        yield name, value


def _inside(path: str, before: str) -> str:
    """The path without the prefix of the proxy."""
    return path.removeprefix(before) or "/" if f"{path}/".startswith(f"{before}/") else path


def _forwarded(headers: Headers) -> str:
    for name, value in headers:
        if name == b"x-forwarded-prefix":
            found = value.split(b",")[0].strip().rstrip(b"/")
            return found.decode("ascii") if _PREFIX.fullmatch(found) else ""
    return ""
