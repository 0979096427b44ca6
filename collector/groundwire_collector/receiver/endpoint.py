"""OTLP over HTTP: `/v1/traces`, `/v1/logs` and `/v1/metrics`, answered after the commit.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter

from google.protobuf.message import Message
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from groundwire_collector.auth.access import SCOPE_KEY
from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.receiver.body import ClientGoneError, RequestBody, RequestRejectedError
from groundwire_collector.receiver.otlp_service import OtlpService
from groundwire_collector.receiver.writer import UnstorableError
from groundwire_collector.responses import otlp
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.keys import Access

log = logging.getLogger(__name__)

_PROTOBUF = (b"application/x-protobuf", b"application/protobuf")

Handler = Callable[..., Awaitable[Message]]


class OtlpMiddleware:
    """ASGI middleware: answers the paths of OTLP and passes everything else on."""

    def __init__(self, app: ASGIApp, reception: OtlpService, path_prefix: str = "") -> None:
        self._app = app
        self._reception = reception
        handlers: dict[str, Handler] = {
            "/v1/traces": reception.traces,
            "/v1/logs": reception.logs,
            "/v1/metrics": reception.metrics,
        }
        prefixes = {"", path_prefix.rstrip("/")}
        self._handlers = {
            prefix + path: handler for prefix in prefixes for path, handler in handlers.items()
        }

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        try:
            response = await self._answer(handler, scope, receive)
        except ClientGoneError:
            return
        self._reception.intake.answered(response.status_code, perf_counter() - began)
        await response(scope, receive, send)

    async def _answer(self, handler: Handler, scope: AsgiScope, receive: Receive) -> Response:
        headers = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"")
        body = RequestBody(self._reception.budget, self._reception.largest_body)
        try:
            access = self._check_head(scope, content_type)
            data = await body.read(receive, headers)
            answer = await handler(data, access, json=_is_json(content_type))
        except RequestRejectedError as refusal:
            return otlp.error(content_type, refusal.status, refusal.message)
        except PASSING:
            return otlp.error(content_type, 503, StorageUnavailableError.__doc__ or "")
        except UnstorableError as error:
            return otlp.error(content_type, 400, str(error))
        except ClientGoneError:
            raise
        except Exception:
            log.exception("a request failed")
            return otlp.error(content_type, 500, "Unexpected error; see the collector's log.")
        finally:
            body.release()
        return otlp.success(content_type, answer)

    def _check_head(self, scope: AsgiScope, content_type: bytes) -> Access:
        """Errors detectable before the body is read."""
        if scope["method"] != "POST":
            raise RequestRejectedError(405, "Only POST.")
        if not _is_json(content_type) and content_type.split(b";")[0].strip() not in _PROTOBUF:
            kinds = "application/x-protobuf or application/json"
            raise RequestRejectedError(415, f"Content-Type must be {kinds}.")
        access: Access = scope[SCOPE_KEY]
        self._reception.admit(access)
        return access


def _is_json(content_type: bytes) -> bool:
    return otlp.media_type(content_type) == otlp.JSON
