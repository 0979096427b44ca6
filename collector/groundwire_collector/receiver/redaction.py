"""Redaction before storage: masks, or hashes only.

The SDK masks at the source; here the same masks (groundwire.redaction) meet what other
instrumentations send. A mask is typed and stable inside a trace ([EMAIL_41873]), so that a chunk
and an answer which held the same value still agree, whichever request and replica they came by.
"""

import hmac
import json
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from typing import Any, Protocol

from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from groundwire import attributes
from groundwire.attributes import HASHED, REDACTED, TRUNCATED
from groundwire.redaction import DEFAULT_MASKS, Mask, Masks
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings

# What the operator of a service names. A hash-only store keeps these values, masked. The keys are
# exact: a suffix is anybody's to use.
_NAMED_BY_OPERATORS = frozenset(
    {
        *("service.name", "service.namespace", "service.version"),
        *("deployment.environment", "deployment.environment.name"),
        *("telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version"),
        *("process.runtime.name", "process.runtime.version"),
        *(attributes.MODEL_VERSION, attributes.PROMPT_VERSION, attributes.INDEX_VERSION),
        *(attributes.PROMPT_NAME, attributes.ADAPTER, attributes.RELEASE),
    }
)
# Metadata of a turn. Kept, masked, if it is an identifier: a single word.
_IDENTIFIERS = frozenset(
    {
        *(attributes.OPERATION, attributes.PROVIDER, "gen_ai.system", "gen_ai.token.type"),
        *(attributes.REQUEST_MODEL, attributes.RESPONSE_MODEL, attributes.RESPONSE_ID),
        *(attributes.FINISH_REASONS, attributes.CONVERSATION_ID, "gen_ai.data_source.id"),
        *("gen_ai.agent.name", "gen_ai.evaluation.name", "gen_ai.evaluation.score.label"),
        *("openinference.span.kind", "traceloop.span.kind", "langfuse.observation.type"),
        *("langsmith.span.kind", "llm.model_name", "llm.provider", "llm.system"),
        *(attributes.SESSION_ID, attributes.USER_ID, "enduser.id", "service.instance.id"),
        *(attributes.ERROR_TYPE, "exception.type", "event.name"),
        *(attributes.ROUTE, attributes.TENANT, attributes.CLOSED_BOOK_OF),
    }
)
_IDENTIFIER = re.compile(r"\S{1,200}")
_NAME = re.compile(r"\S{1,200}(?: \S{1,200})?")  # of a span: `ask`, `chat gpt-5`, `POST /ask`
# By the end of the key, the only values that are kept.
_ALLOWED_VALUES = {
    "role": re.compile("user|assistant|system|tool|developer|function|human|ai|model", re.I),
    "mime_type": re.compile(r"(?:text|application|image|audio|video)/[\w.+-]{1,40}"),
}
_MAC = re.compile("[0-9a-f]{64}")
_NUMBERS = 100_000
_KEY = "key"


class Redaction(Protocol):
    """Changes messages in place, before they are stored."""

    def span(self, message: Span) -> None: ...

    def log_record(self, message: LogRecord) -> None: ...

    def resource(self, message: Resource) -> None: ...

    def scope(self, message: InstrumentationScope) -> None: ...

    def text(self, text: str) -> str: ...


def redaction_of(settings: Settings, key: bytes) -> Redaction | None:
    """Redactor of the settings; None: texts are stored unchanged."""
    if settings.content == "hash":
        return HashOnly(key)
    if settings.redact == "off":
        return None
    if settings.redact == "default":
        return Masking(DEFAULT_MASKS, key)
    names = {name.strip().upper() for name in settings.redact.split(",")}
    unknown = names - {mask.name for mask in DEFAULT_MASKS}
    if unknown:
        raise UsageError(f"redact: unknown mask {', '.join(sorted(unknown))}")
    return Masking([mask for mask in DEFAULT_MASKS if mask.name in names], key)


class Masking:
    """Masks secrets and personal data in all texts."""

    def __init__(self, masks: Iterable[Mask], key: bytes) -> None:
        self._masks = Masks(masks)
        self._key = key

    def text(self, text: str) -> str:
        """A text that belongs to no trace."""
        return self.mask(text, b"")

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
        message.name, message.version = self.text(message.name), self.text(message.version)
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
        """Mask every secret, consistently within a trace."""
        return self._masks.apply(text, lambda _, value: self._number(value, trace))

    def _number(self, value: str, trace: bytes) -> int:
        """Opaque token, equal for equal values within a trace."""
        digest = blake2b(trace + value.encode(), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest) % _NUMBERS


class HashOnly:
    """Replaces texts by marks with keyed hash and length.

    Structure is masked: names of spans and events, and the values of a few known attributes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._masking = Masking(DEFAULT_MASKS, key)

    def span(self, message: Span) -> None:
        message.DiscardUnknownFields()
        message.name = self._name(message.name, message.trace_id)
        message.trace_state = ""
        message.status.message = REDACTED if message.status.message else ""
        self._pairs(message.attributes, message.trace_id)
        for event in message.events:
            event.name = self._name(event.name, message.trace_id)
            self._pairs(event.attributes, message.trace_id)
        for link in message.links:
            link.trace_state = ""
            self._pairs(link.attributes, message.trace_id)

    def log_record(self, message: LogRecord) -> None:
        message.DiscardUnknownFields()
        message.event_name = self._name(message.event_name, message.trace_id)
        message.severity_text = ""
        self._pairs(message.attributes, message.trace_id)
        for value, name in _texts(message.body):
            setattr(value, name, self._hidden(value, name))

    def resource(self, message: Resource) -> None:
        message.DiscardUnknownFields()
        self._pairs(message.attributes, b"")

    def scope(self, message: InstrumentationScope) -> None:
        message.DiscardUnknownFields()
        message.name, message.version = self._name(message.name), self._name(message.version)
        self._pairs(message.attributes, b"")

    def text(self, text: str) -> str:
        """The name of a service: structure."""
        return self._masking.text(text)

    def _name(self, text: str, trace: bytes = b"") -> str:
        """A name of at most two words, masked; a longer one is a text."""
        return self._allowed_text(text, _NAME, trace) if text else ""

    def _allowed_text(self, text: str, allowed: re.Pattern[str], trace: bytes) -> str:
        return self._masking.mask(text, trace) if allowed.fullmatch(text) else REDACTED

    def _pairs(self, pairs: Any, trace: bytes) -> None:
        hashed: dict[str, Any] = {}
        for pair in pairs:
            pair.key = self._masking.mask(pair.key, b"")
            for value, name in _texts(pair.value):
                text = getattr(value, name)
                redacted = (
                    self._hidden(value, name) if name == _KEY else self._value(pair, text, trace)
                )
                if name != _KEY and redacted == REDACTED:
                    mac = hmac.new(self._key, text.encode(), sha256).hexdigest()
                    hashed[pair.key] = {"hmac_sha256": mac, "length": len(text)}
                setattr(value, name, redacted)
        if hashed:
            _add_marks(pairs, hashed)

    def _value(self, pair: KeyValue, text: str, trace: bytes) -> str:
        """Redacted text; REDACTED if nothing is kept."""
        if pair.key in _NAMED_BY_OPERATORS:
            return self._masking.mask(text, b"" if pair.key == attributes.SERVICE_NAME else trace)
        if pair.key in _IDENTIFIERS:
            return self._allowed_text(text, _IDENTIFIER, trace)
        if pair.key in (TRUNCATED, HASHED):
            return json.dumps(_marks(text))
        allowed = _ALLOWED_VALUES.get(pair.key.rpartition(".")[2])
        return text if allowed is not None and allowed.fullmatch(text) else REDACTED

    def _hidden(self, message: Message, name: str) -> str:
        """Keys are structure, and masked."""
        return self._masking.mask(getattr(message, name), b"") if name == _KEY else REDACTED


def _add_marks(pairs: Any, hashed: dict[str, Any]) -> None:
    """Hashes added to those sent by the emitter."""
    for pair in pairs:
        if pair.key == HASHED:
            pair.value.string_value = json.dumps({**hashed, **_marks(pair.value.string_value)})
            return
    pairs.add(key=HASHED).value.string_value = json.dumps(hashed)


def _marks(text: str) -> dict[str, Any]:
    """Lengths and keyed hashes of removed texts; plain hashes could be guessed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return _lengths(found) if isinstance(found, dict) else {}


def _lengths(found: dict[str, Any], depth: int = 4) -> dict[str, Any]:
    allowed_fields: dict[str, Any] = {}
    for key, value in found.items():
        if isinstance(value, dict) and depth:
            allowed_fields[key] = _lengths(value, depth - 1)
        elif isinstance(value, int) or (
            key == "hmac_sha256" and isinstance(value, str) and _MAC.fullmatch(value)
        ):
            allowed_fields[key] = value
    return allowed_fields


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
