"""OTLP over HTTP: `/v1/traces`, `/v1/logs` and `/v1/metrics`, answered after the commit.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from groundwire_collector.access import SCOPE_KEY
from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.intake import Intake
from groundwire_collector.receiver import answers, blocks
from groundwire_collector.receiver.admission import Admission, Admitted
from groundwire_collector.receiver.body import Body, Budget, ClientGoneError, RefusalError
from groundwire_collector.receiver.writer import UnstorableError, Writer
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import Access, Scope

LARGE_BODY = 256 * 1024  # decoded in a thread, so that others are not kept waiting
_PROTOBUF = (b"application/x-protobuf", b"application/protobuf")

Handler = Callable[[bytes, bytes, Access], Awaitable[Response]]


class Receiver:
    """ASGI middleware: answers the paths of OTLP and passes everything else on."""

    def __init__(self, app: ASGIApp, settings: Settings, writer: Writer, intake: Intake) -> None:
        self._app = app
        self._writer = writer
        self._intake = intake
        self._limit = settings.max_body_bytes
        self._budget = Budget(settings.max_pending_bytes)
        self._admission = Admission(settings.max_attribute_bytes)
        handlers: dict[str, Handler] = {
            "/v1/traces": self._traces,
            "/v1/logs": self._logs,
            "/v1/metrics": self._metrics,
        }
        prefixes = {"", settings.path_prefix.rstrip("/")}
        self._handlers = {
            prefix + path: handler for prefix in prefixes for path, handler in handlers.items()
        }

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["path"]) if scope["type"] == "http" else None
        if handler is None:
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        headers = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"")
        body = Body(self._budget, self._limit)
        try:
            access = _check_head(scope, content_type)
            data = await body.read(receive, headers)
            response = await handler(data, content_type, access)
        except RefusalError as refusal:
            response = answers.error(content_type, refusal.status, refusal.message)
        except StorageUnavailableError as error:
            response = answers.error(content_type, 503, str(error))
        except UnstorableError as error:
            response = answers.error(content_type, 400, str(error))
        except ClientGoneError:
            return
        finally:
            body.release()
        self._intake.answered(response.status_code, perf_counter() - began)
        await response(scope, receive, send)

    async def _traces(self, data: bytes, content_type: bytes, access: Access) -> Response:
        decode = blocks.json_trace_blocks if _is_json(content_type) else blocks.trace_blocks
        admitted = await _in_time(data, lambda: self._admission.spans(decode(data), access))
        rejected = admitted.refused.total()
        self._intake.spans(len(admitted.spans) + rejected, rejected)
        await self._commit(admitted)
        answer = ExportTraceServiceResponse()
        if admitted.refused:
            answer.partial_success.rejected_spans = admitted.refused.total()
            answer.partial_success.error_message = admitted.message
        return answers.success(content_type, answer)

    async def _logs(self, data: bytes, content_type: bytes, access: Access) -> Response:
        decode = blocks.json_log_blocks if _is_json(content_type) else blocks.log_blocks
        admitted = await _in_time(data, lambda: self._admission.logs(decode(data), access))
        await self._commit(admitted)
        answer = ExportLogsServiceResponse()
        if admitted.refused:
            answer.partial_success.rejected_log_records = admitted.refused.total()
            answer.partial_success.error_message = admitted.message
        return answers.success(content_type, answer)

    async def _metrics(self, data: bytes, content_type: bytes, _access: Access) -> Response:
        answer = ExportMetricsServiceResponse()
        if data:
            answer.partial_success.error_message = "Metrics are not stored here."
        return answers.success(content_type, answer)

    async def _commit(self, admitted: Admitted) -> None:
        if admitted.spans or admitted.logs:
            await self._writer.commit(admitted.spans, admitted.logs)


def _check_head(scope: AsgiScope, content_type: bytes) -> Access:
    """What can be said before the body is read."""
    if scope["method"] != "POST":
        raise RefusalError(405, "Only POST.")
    access: Access = scope[SCOPE_KEY]
    if not access.allows(Scope.INGEST):
        raise RefusalError(403, "The key lacks the scope ingest.")
    if not _is_json(content_type) and content_type.split(b";")[0].strip() not in _PROTOBUF:
        raise RefusalError(415, "Content-Type must be application/x-protobuf or application/json.")
    return access


def _is_json(content_type: bytes) -> bool:
    return answers.media_type(content_type) == answers.JSON


async def _in_time(data: bytes, decode: Callable[[], Admitted]) -> Admitted:
    if len(data) < LARGE_BODY:
        return decode()
    return await asyncio.to_thread(decode)
