"""What must not be written: texts are masked, or only their hashes kept, before anything is stored.

The SDK masks at the source; here the same masks (groundwire.redaction) meet what other
instrumentations send. A mask is typed and stable inside a trace ([EMAIL_41873]), so that a chunk
and an answer which held the same value still agree, whichever request and replica they came by.
"""

import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Any, Protocol

from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from groundwire.attributes import HASHED, REDACTED
from groundwire.redaction import DEFAULT_MASKS, Mask
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings

# What a text must hold for a mask to have a chance: found in a fraction of the time.
_DIGITS = re.compile(r"\d\D?\D?\d")
_HINTS: dict[str, Callable[[str], object]] = {
    "PRIVATE_KEY": lambda text: "-----BEGIN" in text,
    "TOKEN": lambda text: "eyJ" in text,
    "PASSWORD": re.compile(r"://|[Pp]ass|PASS|pwd|PWD|[Ss]ecret|SECRET|[Aa]pi|API").search,
    "EMAIL": lambda text: "@" in text,
    "IBAN": _DIGITS.search,
    "CARD": _DIGITS.search,
    "SSN": _DIGITS.search,
    "PHONE": lambda text: "+" in text,
}
# Of these a hash-only store keeps the value: what a turn was, not what it said.
_STRUCTURE = re.compile(
    r"(service|telemetry|deployment|host|os|process\.runtime|k8s|cloud|container)\..*"
    r"|groundwire\.(?!.*text).*"
    r"|gen_ai\.(operation\.name|provider\.name|system|(request|response)\.(model|id)|token\.type"
    r"|response\.finish_reasons|conversation\.id|data_source\.id|prompt\.(name|version)|agent\.name)"
    r"|openinference\.span\.kind|traceloop\.span\.kind|langfuse\.observation\.type"
    r"|langsmith\.span\.kind|llm\.(model_name|provider|system)|.*mime_type|.*\.role"
    r"|(session|user|enduser)\.id|error\.type|exception\.type|event\.name"
)
_NUMBERS = 100_000
_KEY = "key"


class Redaction(Protocol):
    """Changes messages in place, before they are stored."""

    def span(self, message: Span) -> None: ...

    def log_record(self, message: LogRecord) -> None: ...

    def resource(self, message: Resource) -> None: ...

    def scope(self, message: InstrumentationScope) -> None: ...


def redaction_of(settings: Settings, key: bytes) -> Redaction | None:
    """What the settings ask for; None: texts are stored as they come."""
    if settings.content == "hash":
        return HashOnly(key)
    if settings.redact == "off":
        return None
    if settings.redact == "default":
        return Masking(DEFAULT_MASKS, key)
    names = {name.strip().upper() for name in settings.redact.split(",")}
    unknown = names - {mask.name for mask in DEFAULT_MASKS}
    if unknown:
        raise UsageError(f"redact: no mask is called {', '.join(sorted(unknown))}")
    return Masking([mask for mask in DEFAULT_MASKS if mask.name in names], key)


class Masking:
    """Masks what looks like a secret or a person's data, in every text of a message."""

    def __init__(self, masks: Iterable[Mask], key: bytes) -> None:
        self._masks = [(mask, re.compile(mask.pattern, mask.flags)) for mask in masks]
        self._key = key

    def span(self, message: Span) -> None:
        trace = message.trace_id
        message.DiscardUnknownFields()
        message.name = self.mask(message.name, trace)
        message.trace_state = self.mask(message.trace_state, trace)
        message.status.message = self.mask(message.status.message, trace)
        for pairs in (message.attributes, *(link.attributes for link in message.links)):
            self._pairs(pairs, trace)
        for event in message.events:
            event.name = self.mask(event.name, trace)
            self._pairs(event.attributes, trace)
        for link in message.links:
            link.trace_state = self.mask(link.trace_state, trace)

    def log_record(self, message: LogRecord) -> None:
        trace = message.trace_id
        message.DiscardUnknownFields()
        message.event_name = self.mask(message.event_name, trace)
        message.severity_text = self.mask(message.severity_text, trace)
        self._pairs(message.attributes, trace)
        self._value(message.body, trace)

    def resource(self, message: Resource) -> None:
        message.DiscardUnknownFields()
        self._pairs(message.attributes, b"")

    def scope(self, message: InstrumentationScope) -> None:
        message.DiscardUnknownFields()
        self._pairs(message.attributes, b"")

    def _pairs(self, pairs: Iterable[KeyValue], trace: bytes) -> None:
        for pair in pairs:
            self._field(pair, _KEY, trace)
            self._value(pair.value, trace)

    def _value(self, value: AnyValue, trace: bytes) -> None:
        for message, name in _texts(value):
            self._field(message, name, trace)

    def _field(self, message: Message, name: str, trace: bytes) -> None:
        text: str = getattr(message, name)
        masked = self.mask(text, trace)
        if masked is not text:
            setattr(message, name, masked)

    def mask(self, text: str, trace: bytes) -> str:
        for mask, pattern in self._masks:
            hint = _HINTS.get(mask.name)
            if hint is None or hint(text):
                text = pattern.sub(self._replacement(mask, trace), text)
        return text

    def _replacement(self, mask: Mask, trace: bytes) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            whole, group = match.group(), "value" if "value" in match.re.groupindex else 0
            value = match.group(group)
            if (mask.check and not mask.check(value)) or value.startswith("["):
                return whole  # not one, or masked at the source already
            start, end = (place - match.start() for place in match.span(group))
            return f"{whole[:start]}[{mask.name}_{self._number(value, trace)}]{whole[end:]}"

        return replace

    def _number(self, value: str, trace: bytes) -> int:
        """The same for one value in one trace, and saying nothing of it."""
        digest = blake2b(trace + value.encode(), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest) % _NUMBERS


class HashOnly:
    """Replaces every text that is not structure by a mark; its keyed hash and length are kept.

    Names of spans and events are structure, and are masked.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._masking = Masking(DEFAULT_MASKS, key)

    def span(self, message: Span) -> None:
        message.DiscardUnknownFields()
        message.name = self._masking.mask(message.name, message.trace_id)
        message.trace_state = ""
        message.status.message = REDACTED if message.status.message else ""
        self._pairs(message.attributes)
        for event in message.events:
            event.name = self._masking.mask(event.name, message.trace_id)
            self._pairs(event.attributes)
        for link in message.links:
            link.trace_state = ""
            self._pairs(link.attributes)

    def log_record(self, message: LogRecord) -> None:
        message.DiscardUnknownFields()
        message.event_name = self._masking.mask(message.event_name, message.trace_id)
        message.severity_text = ""
        self._pairs(message.attributes)
        for value, name in _texts(message.body):
            setattr(value, name, self._hidden(value, name))

    def resource(self, message: Resource) -> None:
        message.DiscardUnknownFields()
        self._pairs(message.attributes)

    def scope(self, message: InstrumentationScope) -> None:
        message.DiscardUnknownFields()
        self._pairs(message.attributes)

    def _pairs(self, pairs: Any) -> None:
        hashed: dict[str, Any] = {}
        for pair in pairs:
            pair.key = self._masking.mask(pair.key, b"")
            if _STRUCTURE.fullmatch(pair.key):
                continue
            for value, name in _texts(pair.value):
                if name != _KEY:
                    text = getattr(value, name)
                    mac = hmac.new(self._key, text.encode(), sha256).hexdigest()
                    hashed[pair.key] = {"hmac_sha256": mac, "length": len(text)}
                setattr(value, name, self._hidden(value, name))
        if hashed:
            pairs.add(key=HASHED).value.string_value = json.dumps(hashed)

    def _hidden(self, message: Message, name: str) -> str:
        """Keys are structure, and masked."""
        return self._masking.mask(getattr(message, name), b"") if name == _KEY else REDACTED


def _texts(value: AnyValue) -> Iterator[tuple[Message, str]]:
    """Every text in a value, keys of maps too: a message, and its field that holds the text.

    Bytes, which no rule can read, are taken out.
    """
    kind = value.WhichOneof("value")
    if kind == "string_value":
        yield value, "string_value"
    elif kind == "bytes_value":
        value.bytes_value = b""
    elif kind == "array_value":
        for item in value.array_value.values:
            yield from _texts(item)
    elif kind == "kvlist_value":
        for pair in value.kvlist_value.values:
            yield pair, _KEY
            yield from _texts(pair.value)
