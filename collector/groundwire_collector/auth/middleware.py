"""Authentication middleware: rejects requests before reading their body."""

import asyncio
import re
from collections import OrderedDict
from ipaddress import ip_address
from time import monotonic
from urllib.parse import quote, urlsplit

from sqlalchemy import Engine
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from groundwire_collector.auth.access import SCOPE_KEY, note_person, presented_key
from groundwire_collector.auth.proxy_users import ProxyUsers
from groundwire_collector.receiver_metrics import ReceiverMetrics
from groundwire_collector.responses import otlp
from groundwire_collector.responses.problem import problem, unavailable
from groundwire_collector.storage import keys
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.keys import Access

LOGIN = "/login"
ALWAYS_OPEN = frozenset({LOGIN, "/favicon.ico", "/healthz"})
OPEN_ON_LOOPBACK = frozenset({"/metrics", "/readyz"})
# Forms of pages, which check a token of their own: pages/form.py
PAGE_FORM = re.compile(r"/turns/[^/]+/labels|/alarms/(?:\d+/(?:acknowledge|accept)|announce|reset)")
NOT_PAGES = ("/api/", "/v1/", "/openapi.json", "/metrics", "/healthz", "/readyz")

FRESH_SECONDS = 2.0  # after this long a revoked key is known to be so
ATTEMPTS, WINDOW_SECONDS = 20, 60.0  # bad keys an address may try
REMEMBERED = 10_000  # addresses


class KeyCache:
    """Keys of the database, cached for two seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._accesses: dict[str, Access] | None = None
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def access(self, key: str) -> Access | None:
        """Permissions of the key; None if invalid or locked out."""
        await self._refresh()
        assert self._accesses is not None
        # Lookup timing leaks only the guess's hash, not a key.
        return self._accesses.get(keys.digest(key))

    async def _refresh(self) -> None:
        if self._accesses is not None and monotonic() - self._read_at < FRESH_SECONDS:
            return
        async with self._lock:
            if self._accesses is not None and monotonic() - self._read_at < FRESH_SECONDS:
                return
            try:
                self._accesses = await asyncio.to_thread(self._read)
            except PASSING:
                if self._accesses is None:
                    raise
            self._read_at = monotonic()

    def _read(self) -> dict[str, Access]:
        with self._engine.connect() as connection:
            return keys.accesses(connection)


class FailedAttempts:
    """Failed logins by address; known (address, key) pairs stay allowed."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._opened: OrderedDict[tuple[str, str], None] = OrderedDict()

    def failed(self, address: str) -> None:
        since, count = self._failed.get(address, (monotonic(), 0))
        if monotonic() - since > WINDOW_SECONDS:
            since, count = monotonic(), 0
        self._failed[address] = (since, count + 1)
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)

    def opened(self, address: str, key_id: str) -> None:
        self._opened[address, key_id] = None
        if len(self._opened) > REMEMBERED:
            self._opened.popitem(last=False)

    def bars(self, address: str, access: Access | None) -> bool:
        since, count = self._failed.get(address, (0.0, 0))
        if count < ATTEMPTS or monotonic() - since > WINDOW_SECONDS:
            return False
        return access is None or (address, access.key_id) not in self._opened


class Authenticator:
    """API key check for HTTP and gRPC, with lockout after failures."""

    def __init__(self, key_ring: KeyCache, intake: ReceiverMetrics) -> None:
        self._keys = key_ring
        self._intake = intake
        self._attempts = FailedAttempts()

    async def access(self, key: str | None, address: str) -> Access | None:
        """Permissions of a key; None: invalid, or its address is blocked for now.

        May raise what passes (PASSING).
        """
        access = await self._keys.access(key) if key else None
        if access is None or self._attempts.bars(address, access):
            return None
        self._attempts.opened(address, access.key_id)
        return access

    def refused(self, key: str | None, address: str) -> int:
        """Status for a rejected request: 401, or 429 after too many failures."""
        if key is None:
            return 401
        barred = self._attempts.bars(address, None)
        self._attempts.failed(address)
        self._intake.bad_key()
        return 429 if barred else 401


class AuthMiddleware:
    """ASGI authentication middleware; puts the Access into the scope."""

    def __init__(
        self,
        app: ASGIApp,
        door: Authenticator,
        *,
        open_metrics: bool,
        hosts: frozenset[str] | None = None,
        users: ProxyUsers | None = None,
    ) -> None:
        """`hosts`: Host names allowed without a key besides loopback; None: any."""
        self._app = app
        self._door = door
        self._open = ALWAYS_OPEN | (OPEN_ON_LOOPBACK if open_metrics else frozenset())
        self._hosts = hosts
        self._users = users or ProxyUsers()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, scope: AsgiScope) -> Response | None:
        """Response to a rejected request."""
        headers = dict(scope["headers"])
        key = presented_key(headers, cookie=_is_of_a_page(scope))
        address = scope["client"][0] if scope.get("client") else ""
        try:
            access = await self._door.access(key, address)
        except PASSING:
            return _refuse(scope, headers, 503)
        if access is None and key is None and _is_of_a_page(scope):
            access = self._users.access(headers, address)
        note_person(access)
        if access is not None:
            scope[SCOPE_KEY] = access
        elif scope["path"] not in self._open:
            return _refuse(scope, headers, self._door.refused(key, address))
        elif scope["path"] in OPEN_ON_LOOPBACK and not self._names_this_machine(headers):
            return _refuse(scope, headers, 421)
        return None

    def _names_this_machine(self, headers: dict[bytes, bytes]) -> bool:
        """Whether the Host header is this machine's: no DNS rebinding."""
        if self._hosts is None:
            return True
        host = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname or ""
        return host in self._hosts or is_loopback(host)


def is_loopback(host: str) -> bool:
    """Whether an address or name is of this machine alone."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_of_a_page(scope: AsgiScope) -> bool:
    """Whether the cookie of a page is a key here: what only reads, and the forms of pages."""
    if scope["method"] == "POST":
        return PAGE_FORM.fullmatch(scope["path"]) is not None
    return scope["method"] in {"GET", "HEAD"}


_MESSAGES = {
    401: "A key is needed: Authorization: Bearer KEY.",
    429: "Too many bad keys from this address.",
    421: "This name is not this collector's: use its address, a key, or set public_url.",
    503: "The database cannot be used now.",
}


def _refuse(scope: AsgiScope, headers: dict[bytes, bytes], status: int) -> Response:
    path = scope["path"]
    if otlp.is_otlp(path):
        return otlp.error(headers.get(b"content-type", b""), status, _MESSAGES[status])
    if status == 401 and scope["method"] == "GET" and not path.startswith(NOT_PAGES):
        requested = f"{path}?{scope['query_string'].decode('latin-1')}".rstrip("?")
        return RedirectResponse(f"{LOGIN}?next={quote(requested, safe='/')}", 303)
    if status == 503:
        return unavailable(_MESSAGES[status])
    extra = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": "60"}}.get(status, {})
    return problem(status, _MESSAGES[status], extra)
