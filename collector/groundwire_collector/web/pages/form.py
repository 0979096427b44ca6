"""Form parsing with a length limit and CSRF protection.

The key of a page is in a cookie that browsers do not send with a POST from another site
(SameSite=Lax). Beside that a form that changes something carries a token which only a page made for
the same key can hold, so that an old browser, or a site on the same host, gains nothing
(docs/explanation/judges-and-estimates.md).
"""

import hmac
from urllib.parse import parse_qs, urlsplit

from fastapi import Request

from groundwire_collector.auth.access import SCOPE_KEY, Access, presented_key
from groundwire_collector.responses.problem import ProblemError

TOKEN = "token"


async def read_form(request: Request, longest: int) -> dict[str, str] | None:
    """The first value of each field; None for a body longer than `longest` bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > longest:
            return None
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


async def checked_form(request: Request, purpose: str, longest: int) -> dict[str, str]:
    """Fields of a form of our page for `purpose`.

    Raises ProblemError: 413 for a body longer than `longest` bytes, 403 for a wrong token.
    """
    fields = await read_form(request, longest)
    if fields is None:
        raise ProblemError(413, f"The form is longer than {longest} bytes.")
    check_token(request, purpose, fields.get(TOKEN, ""))
    return fields


def token(request: Request, purpose: str) -> str:
    """CSRF token of a form for `purpose`."""
    return hmac.new(_secret(request), f"form {purpose}".encode(), "sha256").hexdigest()


def _secret(request: Request) -> bytes:
    """What only pages for this key, or for this person behind a proxy, can know."""
    key = presented_key(dict(request.scope["headers"]), cookie=True)
    if key is not None:
        return key.encode("latin-1")
    access: Access | None = request.scope.get(SCOPE_KEY)
    person = access.key_id if access else ""
    secret: bytes = request.app.state.form_secret
    return hmac.new(secret, f"form of {person}".encode(), "sha256").digest()


def check_token(request: Request, purpose: str, received: str) -> None:
    """Raises ProblemError (403) unless the form came from our page and key."""
    if not (_from_here(request) and hmac.compare_digest(token(request, purpose), received)):
        raise ProblemError(403, "Invalid form token; reload the page.")


def _from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")  # null: our pages send no referrer
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")
