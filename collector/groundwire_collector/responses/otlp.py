"""OTLP responses: export results, and errors as google.rpc.Status.

Always in the encoding of the request. https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import json
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from starlette.responses import Response

PROTOBUF, JSON = "application/x-protobuf", "application/json"
SIGNALS = ("/v1/traces", "/v1/logs", "/v1/metrics")
RETRY_SECONDS = 1
_CODES = {400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}
RETRIED = {429, 503}


def is_otlp(path: str) -> bool:
    return path.endswith(SIGNALS)


def media_type(content_type: bytes) -> str:
    """Response encoding: JSON if requested, else protobuf."""
    return JSON if content_type.split(b";")[0].strip().lower() == JSON.encode() else PROTOBUF


def success(content_type: bytes, answer: Message) -> Response:
    kind = media_type(content_type)
    return Response(_encode(kind, answer), media_type=kind) if answer.ByteSize() else _NOTHING[kind]


def error(content_type: bytes, status: int, message: str, **headers: Any) -> Response:
    kind = media_type(content_type)
    if status in RETRIED:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = _encode(kind, Status(code=_CODES[status], message=message))
    return Response(body, status, headers, kind)


def grpc_code(status: int) -> int:
    """gRPC status code for an HTTP status."""
    return _CODES[status]


def _encode(kind: str, answer: Message) -> bytes:
    if kind == PROTOBUF:
        return answer.SerializeToString()
    return json.dumps(json_format.MessageToDict(answer), separators=(",", ":")).encode()


_NOTHING = {PROTOBUF: Response(b"", media_type=PROTOBUF), JSON: Response(b"{}", media_type=JSON)}
