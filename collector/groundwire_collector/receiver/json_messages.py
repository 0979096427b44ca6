"""OTLP/JSON of single records, parsed to protobuf messages.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import json
import re
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

from groundwire_collector.errors import GroundwireError

_NOT_PARSED = (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError)
_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")

Parsed = TypeVar("Parsed", bound=Message)


class NotOtlpError(GroundwireError):
    """it is not OTLP/JSON (a non-hex id, or a wrong type)"""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


def parse_item(text: bytes, message: Parsed) -> Parsed:
    """Parse a span or log record with hex ids; raises NotOtlpError."""
    try:
        return _filled(_with_binary_ids(_loaded(text)), message)
    except _NOT_PARSED as error:
        raise NotOtlpError from error


def parse_message(text: bytes, message: Parsed) -> Parsed:
    """A resource or scope; null is an empty one. NotOtlpError."""
    try:
        return _filled(_loaded(text) or {}, message)
    except _NOT_PARSED as error:
        raise NotOtlpError from error


def _filled(value: Any, message: Parsed) -> Parsed:
    json_format.ParseDict(value, message, ignore_unknown_fields=True)
    return message


def _loaded(text: bytes) -> Any:
    """The JSON value; half a surrogate pair, where a client cut a string, becomes U+FFFD."""
    value = json.loads(text.decode())
    return _whole(value) if _HALF_PAIR.search(text) else value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def _with_binary_ids(item: dict[str, Any]) -> dict[str, Any]:
    item = dict(item)
    for name in ("traceId", "spanId", "parentSpanId"):
        if item.get(name):
            item[name] = base64.b64encode(bytes.fromhex(item[name])).decode()
    if item.get("links"):
        item["links"] = [_with_binary_ids(link) for link in item["links"]]
    return item
