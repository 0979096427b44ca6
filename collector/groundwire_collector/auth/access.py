"""Access control: keys, scopes, service restrictions.

The gate stands before every route and reads nothing of a request but its head. What it let in
carries an `Access`; routes say in their signature which scope they need:

    @router.get("/api/v1/turns")
    def turns(access: ReadAccess) -> ...: restrict to access.services (None: every service)
"""

import base64
import binascii
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated

from fastapi import Depends, Request

from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage.keys import ALL_SCOPES, USER_PREFIX, Access, Scope

__all__ = [
    "ALL_SCOPES",
    "Access",
    "AdminAccess",
    "IngestAccess",
    "LabelAccess",
    "ReadAccess",
    "Scope",
    "presented_key",
]

COOKIE = "groundwire_key"  # how the pages carry the key; set by /login, HttpOnly
SCOPE_KEY = "groundwire.access"  # key of the Access in the ASGI scope


_person: ContextVar[str] = ContextVar("person", default="")


def person() -> str:
    """Name of the person whom a proxy logged in for this request; "" for keys."""
    return _person.get()


def note_person(access: Access | None) -> None:
    """Remember for this request whom a proxy logged in."""
    named = access is not None and access.key_id.startswith(USER_PREFIX)
    _person.set(access.key_id.removeprefix(USER_PREFIX) if access and named else "")


def presented_key(headers: dict[bytes, bytes], *, cookie: bool) -> str | None:
    """The key of a request: Bearer, Basic (as the password, or the user of an SDK that fills in
    only one), and for pages the cookie of /login."""
    kind, _, value = headers.get(b"authorization", b"").strip().partition(b" ")
    if kind.lower() == b"bearer":
        return value.strip().decode("latin-1") or None
    if kind.lower() == b"basic":
        return _basic_password(value.strip())
    return _cookie(headers.get(b"cookie", b"")) if cookie else None


def _basic_password(value: bytes) -> str | None:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password or user or None


def _cookie(header: bytes) -> str | None:
    for pair in header.decode("latin-1").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value or None
    return None


def _require(scope: Scope) -> Callable[[Request], Access]:
    def access(request: Request) -> Access:
        found: Access | None = request.scope.get(SCOPE_KEY)
        if found is None:
            raise ProblemError(
                401, "An API key is required.", headers={"WWW-Authenticate": "Bearer"}
            )
        if not found.allows(scope):
            raise ProblemError(403, f"The key lacks the scope {scope}.")
        return found

    return access


IngestAccess = Annotated[Access, Depends(_require(Scope.INGEST))]
ReadAccess = Annotated[Access, Depends(_require(Scope.READ))]
LabelAccess = Annotated[Access, Depends(_require(Scope.LABEL))]
AdminAccess = Annotated[Access, Depends(_require(Scope.ADMIN))]
