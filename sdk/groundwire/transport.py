"""OTLP/HTTP transport with timeouts and retries.

Not the stock exporter: its retries sleep inside `export` and its result does not say whether a
batch may be sent again. docs/decisions/0011-own-outbox.md
"""

import encodings.idna  # noqa: F401 - a first connection would import it, maybe during a fork
import gzip
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from time import time
from typing import Any
from urllib.parse import unquote, urlsplit

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import ReadableSpan

from groundwire.diagnostics import warn_once
from groundwire.version import installed_version

PATH = "/v1/traces"
PASSING = (429, 502, 503, 504)  # OTLP: the ones worth another try
LONGEST_RETRY_AFTER = 60.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")
COMPRESS_OVER = 1024


@dataclass(frozen=True)
class BatchOutcome:
    """Outcome of a batch: spans `exported`, `failed`, or to retry."""

    exported: int = 0
    failed: int = 0
    retry: bool = False
    retry_after: float = 0.0
    too_large: bool = False


class HttpTransport:
    """Posts batches to `endpoint`."""

    def __init__(
        self,
        endpoint: str,
        *,
        api_key: str | None = None,
        timeout: float = 10.0,
        environ: Mapping[str, str],
    ) -> None:
        self.url = traces_url(endpoint)
        host = urlsplit(self.url).hostname or ""
        self._local = host in LOOPBACK
        self._timeout = timeout
        self._headers = {
            "Content-Type": "application/x-protobuf",
            "User-Agent": f"groundwire/{installed_version()}",
            **_headers_of(environ),
        }
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
            if not self._local and self.url.startswith("http:"):
                warn_once("clear", "the API key is sent unencrypted to %s", host)
        self._opener = _opener(self._local, self.url.startswith("https:"), environ)

    def send(self, spans: Sequence[ReadableSpan]) -> BatchOutcome:
        """Encode and post one batch. Raises only for what the encoder cannot encode."""
        body = encode_spans(spans).SerializeToString()
        headers = self._headers
        if not self._local and len(body) > COMPRESS_OVER:
            body = gzip.compress(body, compresslevel=3)
            headers = {**headers, "Content-Encoding": "gzip"}
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return _accepted(len(spans), response.read(65_536))
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(len(spans), error)
        except (OSError, HTTPException) as error:  # URLError is an OSError
            reason = getattr(error, "reason", error)
            warn_once(
                f"down:{self.url}", "no collector answers at %s (%s); spans wait", self.url, reason
            )
            return BatchOutcome(retry=True)

    def _refused(self, spans: int, error: urllib.error.HTTPError) -> BatchOutcome:
        if error.code == 413:
            return BatchOutcome(too_large=True)
        reason = _reason(error)
        if error.code in PASSING:
            warn_once(
                f"busy:{error.code}", "%s answers %d %s; trying again", self.url, error.code, reason
            )
            return BatchOutcome(
                retry=True, retry_after=_retry_after(error.headers.get("Retry-After"))
            )
        warn_once(f"refused:{error.code}", "%s refuses spans: %d %s", self.url, error.code, reason)
        return BatchOutcome(failed=spans)


def traces_url(endpoint: str) -> str:
    """The URL that spans are posted to: a base URL gets the standard path."""
    endpoint = endpoint.rstrip("/")
    if "://" not in endpoint:
        endpoint = "http://" + endpoint
    return endpoint if endpoint.endswith(PATH) else endpoint + PATH


def _accepted(spans: int, body: bytes) -> BatchOutcome:
    try:
        rejected = ExportTraceServiceResponse.FromString(body).partial_success
    except Exception:  # not every server answers with a message
        return BatchOutcome(exported=spans)
    count = min(int(rejected.rejected_spans), spans)
    if count:
        warn_once("partial", "the collector rejected spans: %s", rejected.error_message[:300])
    return BatchOutcome(exported=spans - count, failed=count)


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        body = error.read(2_000)
        if "json" in (error.headers.get("Content-Type") or ""):
            body_json = json.loads(body)
            return str(body_json.get("detail") or body_json.get("title") or "")[:200]
    except Exception:
        return ""
    return str(error.reason)[:200]


def _retry_after(header: str | None) -> float:
    """Seconds to wait, from a count of seconds or a date; bounded."""
    if not header:
        return 0.0
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time()
        except (TypeError, ValueError):
            return 0.0
    return max(0.0, min(seconds, LONGEST_RETRY_AFTER))


def _headers_of(environ: Mapping[str, str]) -> dict[str, str]:
    raw = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    pairs = (pair.partition("=") for pair in raw.split(",") if "=" in pair)
    return {unquote(name).strip(): unquote(value).strip() for name, _, value in pairs}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(local: bool, secure: bool, environ: Mapping[str, str]) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if local:
        handlers.append(urllib.request.ProxyHandler({}))
    if secure:
        handlers.append(urllib.request.HTTPSHandler(context=_tls(environ)))
    return urllib.request.build_opener(*handlers)


def _tls(environ: Mapping[str, str]) -> ssl.SSLContext:
    def setting(name: str) -> str | None:
        return environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or environ.get(
            f"OTEL_EXPORTER_OTLP_{name}"
        )

    context = ssl.create_default_context(cafile=setting("CERTIFICATE"))
    certificate = setting("CLIENT_CERTIFICATE")
    if certificate:
        context.load_cert_chain(certificate, setting("CLIENT_KEY"))
    return context
