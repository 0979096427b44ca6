"""Jinja templates with autoescaping and a strict content security policy.

The style sheet stands in the page, so that the page of the login needs no other request; the
content security policy allows that one style sheet by its hash, and no script but that of a turn's
keys, by its hash and on that page alone.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from groundwire_collector.auth.access import person
from groundwire_collector.web.middleware import prefix
from groundwire_collector.web.pages.time_range import NAMES, TimeRange

ASSETS = files("groundwire_collector.web.pages") / "assets"
_OWN_LINK = re.compile(r'(\b(?:href|action|src)=")/(?!/)')  # in a text quotes are escaped
LIT_CLAIMS = 60  # claims of an answer whose evidence is lit while they have the focus


def _lit(number: int) -> str:
    """Rule that lights the evidence of a claim while one is on it."""
    on = f".c{number}:is(:hover, :focus-within, :focus, :target)"
    return f".sides:has({on}) .e{number} {{ background: var(--lit); }}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


STYLE = (ASSETS / "style.css").read_text(encoding="utf-8") + "\n".join(
    _lit(number) for number in range(1, LIT_CLAIMS + 1)
)
KEYS_SCRIPT = (ASSETS / "keys.js").read_text(encoding="utf-8")
_POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # answers must not be cached or shared
}


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template, links below the path of the proxy.

    `span`: the time range that the navigation keeps; `script`: one of ours that may run.
    """
    span: TimeRange = values.setdefault("span", TimeRange())
    values["script"] = Markup(values["script"]) if values.get("script") else None  # a file of ours
    values["person"] = person()
    values["range_query"] = f"?{urlencode(span.query)}" if span.query else ""
    text = _ENVIRONMENT.get_template(template).render(values)
    if before := prefix():
        text = _OWN_LINK.sub(rf"\1{before}/", text)
    headers = dict(HEADERS)
    if script := values.get("script"):
        headers["Content-Security-Policy"] += f"; script-src {_hash(script)}"
    return HTMLResponse(text, status, headers)


def _moment(value: datetime | int | None) -> str:
    """A time as people read it: of a datetime or of nanoseconds since the epoch; in UTC."""
    if isinstance(value, int):
        value = datetime.fromtimestamp(value / 1_000_000_000, UTC)
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if value else "unknown"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that are neither None nor empty, for URLs."""
    return {name: value for name, value in values.items() if value not in (None, "")}


_ENVIRONMENT = Environment(
    loader=PackageLoader("groundwire_collector.web.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {
    "moment": _moment,
    "percent": _percent,
    "present": _present,
}
_ENVIRONMENT.globals["range_names"] = NAMES
_ENVIRONMENT.globals["style"] = Markup(STYLE)  # a file of ours
